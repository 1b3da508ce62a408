import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import type { Look, Sheet } from "./images.ts"
import { imagesOf, sheetOf } from "./images.ts"
import type { Linear } from "./linear.ts"
import { linearOf } from "./linear.ts"

export interface View {
  readonly sheet: Sheet
  /** Losses of the nets, from the first step on. */
  readonly looks: readonly Look[]
  readonly linear: Linear | null
  readonly done: boolean
}

/** Milliseconds between two views. */
const PAUSE = 60

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const sheet = sheetOf(values)
  let linear: Linear | null = null
  const looks: Look[] = []
  const view = (done: boolean): View => ({ sheet, looks: [...looks], linear, done })
  yield view(false)
  let last = performance.now()
  for (linear of linearOf(values)) {
    if (signal.aborted) return
    if (performance.now() < last + PAUSE) continue
    yield view(false)
    last = performance.now()
  }
  for (const look of imagesOf(values)) {
    if (signal.aborted) return
    looks.push(look)
    if (performance.now() < last + PAUSE) continue
    yield view(false)
    last = performance.now()
  }
  yield view(true)
}
