import type { Program, Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import type { CopyView } from "./copying.ts"
import { runCopying } from "./copying.ts"
import type { MemoryView } from "./memory.ts"
import { runMemory } from "./memory.ts"
import type { PixelsView } from "./pixels.ts"
import { runPixels } from "./pixels.ts"
import type { ShiftsView } from "./shifts.ts"
import { runShifts } from "./shifts.ts"
import type { TextView } from "./text.ts"
import { runText } from "./text.ts"

export type View = PixelsView | ShiftsView | MemoryView | TextView | CopyView

const programs: Readonly<Record<string, Program<Values, View>>> = {
  dense: runPixels,
  convolution: runShifts,
  recurrent: runMemory,
  transformer: runText,
  machine: runCopying,
}

export async function* run(values: Values, session: Session): AsyncGenerator<View> {
  yield* programs[values.architecture]!(values, session)
}
