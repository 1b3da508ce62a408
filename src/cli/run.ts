import { CommanderError } from "commander"
import { program } from "./program.ts"
import { isUsageError, printError, usageError } from "./terminal/errors.ts"
import { exitCodes } from "./terminal/exit-codes.ts"

/** Runs the command with these arguments (without node and script) and gives the exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  // A reader that closes its end (`| head`) is no reason to stop a training. It may be noticed after the command's end.
  if (!process.stdout.listeners("error").includes(ignoreClosedPipe))
    process.stdout.on("error", ignoreClosedPipe)
  let code: number = exitCodes.ok
  try {
    await program((result) => (code = result)).parseAsync([...args], { from: "user" })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok
    const known = error instanceof CommanderError ? usageError(error) : error
    printError(known, { json: args.includes("--json") })
    return isUsageError(known) ? exitCodes.usage : exitCodes.failure
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error
}
