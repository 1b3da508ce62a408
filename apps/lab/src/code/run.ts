import type { Session } from "../engine/protocol.ts"
import { Output } from "./output.ts"
import { problemOfScript, runScript } from "./script.ts"
import type { Values, View } from "./view.ts"

/** Runs a user's script, and shows what it records. */
export async function* run({ source }: Values, session: Session): AsyncGenerator<View> {
  const output = new Output((view) => session.show(view))
  const { print } = output.functions
  const console = { log: print, info: print, warn: print, error: print, debug: print }
  try {
    await runScript(source, { ...output.functions, console })
  } catch (error) {
    yield output.view("failed", problemOfScript(error))
    return
  }
  yield output.view("finished")
}
