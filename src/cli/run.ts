import { CommanderError } from "commander"
import { isUsageError, printError, usageError } from "./errors.ts"
import { exitCodes } from "./exit-codes.ts"
import { program } from "./program.ts"

/** Runs the command with these arguments (without node and script) and gives the exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  // A reader that closes its end (`| head`) is no reason to stop a training.
  process.stdout.on("error", ignoreClosedPipe)
  let code: number = exitCodes.ok
  try {
    await program((result) => (code = result)).parseAsync([...args], { from: "user" })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok
    const known = error instanceof CommanderError ? usageError(error) : error
    printError(known)
    return isUsageError(known) ? exitCodes.usage : exitCodes.failure
  } finally {
    process.stdout.off("error", ignoreClosedPipe)
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error
}
