import { Command } from "commander"
import { version } from "../base/index.ts"
import { addBenchCommand } from "./bench/bench-command.ts"
import { addCompletionCommand } from "./completion/completion-command.ts"
import { addLandscapeCommand, addSpectrumCommand } from "./curvature/curvature-commands.ts"
import { addDoctorCommand } from "./doctor/doctor-command.ts"
import { addEvalCommand } from "./eval/eval-command.ts"
import { addPredictCommand } from "./eval/predict-command.ts"
import { addExportCommand } from "./export/export-command.ts"
import { addFindLrCommand } from "./find-lr/find-lr-command.ts"
import { addLabCommand } from "./lab/lab-command.ts"
import { addCacheCommand } from "./machine/cache-command.ts"
import { addDeviceCommand } from "./machine/device-command.ts"
import { addGraphCommand } from "./model/graph-command.ts"
import { addSampleCommand } from "./model/sample-command.ts"
import { addRaceCommand } from "./race/race-command.ts"
import { addInfoCommand } from "./runs/info-command.ts"
import { addRunsCommand } from "./runs/runs-command.ts"
import { addTrainCommand } from "./train/train-command.ts"

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
    // Errors are printed in one place, with their codes: src/cli/terminal/errors.ts.
    .configureOutput({ outputError: () => {} })
  addTrainCommand(root, done)
  addEvalCommand(root, done)
  addPredictCommand(root, done)
  addExportCommand(root, done)
  addFindLrCommand(root, done)
  addLandscapeCommand(root, done)
  addSpectrumCommand(root, done)
  addDoctorCommand(root, done)
  addGraphCommand(root, done)
  addRaceCommand(root, done)
  addSampleCommand(root, done)
  addRunsCommand(root, done)
  addInfoCommand(root, done)
  addLabCommand(root, done)
  addDeviceCommand(root, done)
  addCacheCommand(root, done)
  addBenchCommand(root, done)
  // Last, since it reads what commands there are.
  addCompletionCommand(root)
  return root
}
