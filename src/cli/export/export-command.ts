import type { Command } from "commander"
import { weightNames } from "../eval/run-model.ts"
import { bytes } from "../terminal/format.ts"
import { choice, notEmpty } from "../terminal/option-values.ts"
import type { ExportOptions } from "./export.ts"
import { exportModel, formats } from "./export.ts"

const examples = `
SOURCE is the folder of a run, a checkpoint, or a file of weights (.safetensors, .npz, .json). ONNX needs a run, which
says what the model is; batches may have any size then. Preprocessing of the data is not part of the file.

Examples:
  $ nabla export runs/cnn-glyphs-20260131-142500 --output glyphs.onnx
  $ nabla export RUN --weights best --output best.safetensors
  $ nabla export model.safetensors --format npz --output model.npz

Exit codes:
  0 written, 1 failed, 2 not understood`

/** `nabla export`: the weights or the model of a run for other programs. */
export function addExportCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("export")
    .summary("write a model for other programs: ONNX, safetensors, npz, JSON")
    .description("Writes the weights of a run or file in another format, or the model of a run as ONNX.")
    .argument("<source>", "the folder of a run, a checkpoint, or a file of weights")
    .requiredOption("-o, --output <file>", "where to write", notEmpty("--output"))
    .option(
      "--format <format>",
      `${formats.join(" | ")}; default: by the name of the file`,
      choice("--format", formats),
    )
    .option(
      "--weights <which>",
      "of the end, or of the last or best checkpoint",
      choice("--weights", weightNames),
      "end",
    )
    .addHelpText("after", examples)
    .action(async (source: string, options: ExportOptions) => {
      const size = await exportModel(source, options)
      process.stdout.write(`${options.output} (${bytes(size)})\n`)
      done(0)
    })
}
