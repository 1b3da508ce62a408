import type { Command } from "commander"
import { type DeviceName, deviceNames } from "../../tensor/index.ts"
import { weightNames } from "../eval/run-model.ts"
import { exitCodes } from "../terminal/exit-codes.ts"
import { jsonLine } from "../terminal/json-lines.ts"
import { choice, notEmpty, number } from "../terminal/option-values.ts"
import type { LandscapeOptions } from "./landscape.ts"
import { landscape } from "./landscape.ts"
import type { SpectrumOptions, SpectrumReport } from "./spectrum.ts"
import { matrices, spectrum } from "./spectrum.ts"

const whole = (option: string, min: number) => number(option, { whole: true, min })

/** Options that both commands have. */
function withObjective(command: Command): Command {
  return command
    .argument("<run>", "the folder of a run")
    .option(
      "--data <which>",
      "train | test: the run's data to take the loss of",
      choice("--data", ["train", "test"]),
      "train",
    )
    .option("--samples <n>", "how many samples of them at most", whole("--samples", 1), 1024)
    .option(
      "--weights <which>",
      "of the end, or of the last or best checkpoint",
      choice("--weights", weightNames),
      "end",
    )
    .option("--seed <n>", "of random directions", whole("--seed", 0), 0)
    .option(
      "--device <name>",
      deviceNames.join(" | "),
      choice("--device", deviceNames),
      "wasm" satisfies DeviceName,
    )
    .option("--out <folder>", "where to write; the run's folder if absent", notEmpty("--out"))
}

const landscapeExamples = `
Writes landscape.svg, landscape.png and landscape.json, and with --to connection.svg and connection.json. The plane is that
of the training's way where the run has checkpoints enough, else a random one with filters normalised.

Examples:
  $ nabla landscape runs/mlp-spiral-20260131-142500
  $ nabla landscape RUN --plane random --points 61 --range 0.5
  $ nabla landscape RUN --to OTHER_RUN

Exit codes:
  0 written, 1 failed, 2 not understood, 130 interrupted`

/** `nabla landscape`: the loss on a plane through a run's model. */
export function addLandscapeCommand(root: Command, done: (exitCode: number) => void): void {
  const normalisations = ["filter", "layer", "none"] as const
  withObjective(root.command("landscape"))
    .summary("draw the loss around the model of a run")
    .description("Draws the loss on a plane in the space of all parameters, with the training's way on it.")
    .option("--plane <kind>", "random | trajectory", choice("--plane", ["random", "trajectory"]))
    .option(
      "--to <run>",
      "another run of the same model: connect both by a curve of low loss",
      notEmpty("--to"),
    )
    .option(
      "--normalise <how>",
      "random directions: filter | layer | none",
      choice("--normalise", normalisations),
      "filter",
    )
    .option("--points <n>", "places along each axis", whole("--points", 2), 31)
    .option("--range <x>", "half the width of a random plane", number("--range", { min: 0, above: true }), 1)
    .option("--steps <n>", "steps that the curve is trained for", whole("--steps", 1), 600)
    .addHelpText("after", landscapeExamples)
    .action(async (run: string, options: LandscapeOptions) => {
      const files = await landscape(run, options)
      for (const file of files ?? []) process.stdout.write(`${file}\n`)
      done(files === null ? exitCodes.interrupted : exitCodes.ok)
    })
}

const spectrumExamples = `
Writes spectrum.svg and spectrum.json. Eigenvalues come with bounds of their errors, the trace with an interval.

Examples:
  $ nabla spectrum runs/mlp-spiral-20260131-142500
  $ nabla spectrum RUN --matrix fisher --top 10 --samples 4096

Exit codes:
  0 written, 1 failed, 2 not understood, 130 interrupted`

/** `nabla spectrum`: the eigenvalues of a run's Hessian. */
export function addSpectrumCommand(root: Command, done: (exitCode: number) => void): void {
  const names = Object.keys(matrices) as (keyof typeof matrices)[]
  withObjective(root.command("spectrum"))
    .summary("eigenvalues of the Hessian of a run's model")
    .description("Estimates the spectrum of the Hessian (or another curvature matrix) of a run's model.")
    .option("--matrix <name>", names.join(" | "), choice("--matrix", names), "hessian")
    .option("--top <k>", "how many of the largest eigenvalues", whole("--top", 1), 5)
    .option("--probes <n>", "random vectors for the density", whole("--probes", 1), 10)
    .option("--steps <n>", "products for each of them", whole("--steps", 2), 60)
    .option("--json", "print a line of JSON")
    .addHelpText("after", spectrumExamples)
    .action(async (run: string, options: SpectrumOptions & { readonly json?: boolean }) => {
      const found = await spectrum(run, options)
      if (found === null) return done(exitCodes.interrupted)
      const { report, files } = found
      if (options.json) jsonLine({ ...report, files })
      else process.stdout.write(`${textOf(report)}\n${files.join("\n")}\n`)
      done(exitCodes.ok)
    })
}

function textOf(report: SpectrumReport): string {
  const { eigenvalues, converged, trace, condition, loss, gradientNorm, sharpness, rate, largestStableRate } =
    report
  const short = (value: number): string => String(Number(value.toPrecision(4)))
  const values = eigenvalues.map(({ value, bound }) => `${short(value)} ± ${bound.toExponential(0)}`)
  const stable =
    largestStableRate === null
      ? []
      : [
          `largest stable rate 2/λ  ${short(largestStableRate)}${rate === null ? "" : ` (the run's rate: ${rate})`}`,
        ]
  return [
    `${report.matrix} of ${report.parameters} parameters at loss ${short(loss)}, gradient norm ${short(gradientNorm)}`,
    `largest eigenvalues      ${values.join(", ")}${converged ? "" : " (not converged)"}`,
    `trace                    ${short(trace.value)} (${short(trace.interval[0])} to ${short(trace.interval[1])} with ${100 * trace.confidence} % confidence)`,
    `condition number         ${condition.exact ? "" : "at least "}${short(condition.value)}`,
    `curvature along gradient ${short(sharpness)}`,
    ...stable,
  ].join("\n")
}
