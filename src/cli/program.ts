import { Command } from "commander"
import { version } from "../base/index.ts"
import { addBenchCommand } from "./bench-command.ts"
import { addCacheCommand } from "./cache-command.ts"
import { addDeviceCommand } from "./device-command.ts"
import { addFindLrCommand } from "./find-lr-command.ts"
import { addGraphCommand } from "./graph-command.ts"
import { addRaceCommand } from "./race-command.ts"
import { addSampleCommand } from "./sample-command.ts"
import { addTrainCommand } from "./train-command.ts"

/**
 * The command line as a whole. Parsing throws instead of ending the process.
 *
 * @param done is told the exit code of a command that has run
 */
export function program(done: (exitCode: number) => void): Command {
  const root = new Command("nabla")
    .description("Train neural networks and see how they do.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    // Errors are printed in one place, with their codes: src/cli/errors.ts.
    .configureOutput({ outputError: () => {} })
  addTrainCommand(root, done)
  addFindLrCommand(root, done)
  addGraphCommand(root, done)
  addRaceCommand(root, done)
  addSampleCommand(root, done)
  addDeviceCommand(root, done)
  addCacheCommand(root, done)
  addBenchCommand(root, done)
  return root
}
