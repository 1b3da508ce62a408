import type { Command } from "commander"
import { jsonLine } from "../terminal/json-lines.ts"
import { choice, invalidOption } from "../terminal/option-values.ts"
import type { Prediction } from "./predict.ts"
import { predictPictures, predictRows } from "./predict.ts"
import type { Weights } from "./run-model.ts"
import { sampleModel, weightNames } from "./run-model.ts"
import { tellUnseen } from "./unseen-texts.ts"

interface PredictOptions {
  readonly format: "lines" | "json"
  readonly weights: Weights
}

const PICTURE = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i
const formats = ["lines", "json"] as const

const examples = `
Of a table the columns are found by their names; the target need not be there. A missing value gets what a
missing one got in training. So does a text that the training rows did not have: it is named under "unknown" in its line, and
in a warning. Without a file, or with -, the standard input is read.

Examples:
  $ nabla predict runs/mlp-houses-20260131-142500 new-houses.csv
  $ cat new-houses.csv | nabla predict RUN > predictions.jsonl
  $ nabla predict runs/cnn-glyphs-20260131-142500 three.png four.png --format json

Exit codes:
  0 predicted, 1 failed, 2 not understood`

/** `nabla predict`: what the model of a run says of new samples. */
export function addPredictCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("predict")
    .summary("predict with the model of a run")
    .description("Prints what the model of a run says of rows or pictures, with the run's own preprocessing.")
    .argument("<run>", "the folder of a run")
    .argument("[files...]", "a CSV or pictures; - is the standard input")
    .option(
      "--format <format>",
      "lines (JSON, one a line) | json (one list)",
      choice("--format", formats),
      "lines",
    )
    .option(
      "--weights <which>",
      "of the end, or of the last or best checkpoint",
      choice("--weights", weightNames),
      "end",
    )
    .addHelpText("after", examples)
    .action(async (run: string, files: string[], { format, weights }: PredictOptions) => {
      const model = await sampleModel(run, weights)
      const found: Prediction[] = []
      for await (const prediction of predictions(model, files)) {
        if (format === "lines") jsonLine(prediction)
        else found.push(prediction)
      }
      if (format === "json") process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
      done(0)
    })
}

async function* predictions(
  model: Awaited<ReturnType<typeof sampleModel>>,
  files: readonly string[],
): AsyncGenerator<Prediction> {
  const sources = files.length === 0 ? ["-"] : files
  const pictures = model.config.data.kind === "images"
  const [file] = sources
  if (!pictures) {
    if (sources.length > 1) throw invalidOption("nabla predict", "one CSV", sources.join(" "))
    yield* predictRows(model, file === "-" ? null : file!, process.stdin, tellUnseen)
    return
  }
  const odd = sources.find((name) => name !== "-" && !PICTURE.test(name))
  if (odd !== undefined) throw invalidOption("nabla predict", "pictures (.png, .jpg, .webp …)", odd)
  for (const name of sources) {
    const bytes = name === "-" ? { bytes: await standardInput() } : {}
    yield* predictPictures(model, [{ name, ...bytes }])
  }
}

async function standardInput(): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of process.stdin) parts.push(part as Uint8Array)
  return Buffer.concat(parts)
}
