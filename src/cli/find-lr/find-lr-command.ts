import type { Command } from "commander"
import { deviceNames } from "../../tensor/index.ts"
import { recipeFrom, recipes } from "../recipes/index.ts"
import { choice, invalidOption, notEmpty, number } from "../terminal/option-values.ts"
import { specification } from "../terminal/specification.ts"
import { generatedData } from "../train/data-source.ts"
import { checkOptions } from "../train/train-settings.ts"
import type { FindLrOptions } from "./find-lr.ts"
import { findLr } from "./find-lr.ts"

const examples = `
Trains for a few steps with rates that grow (Smith's range test), and suggests the rate at which the loss falls
fastest. Nothing is kept.

Examples:
  $ nabla find-lr                                      the cnn on glyphs with Adam
  $ nabla find-lr --recipe mlp --data spiral --optimizer sgd:momentum=0.9 --svg range.svg`

/** `nabla find-lr`: the learning-rate range test. */
export function addFindLrCommand(root: Command, done: (exitCode: number) => void): void {
  const whole = (option: string, min: number) => number(option, { whole: true, min })
  const positive = (option: string) => number(option, { min: 0, above: true })
  root
    .command("find-lr")
    .summary("find a learning rate by a range test")
    .description("Finds a learning rate for a network, an optimizer and data.")
    .option(
      "--recipe <name>",
      `${recipes.map(({ name }) => name).join(" | ")}, with options (default: by data)`,
      recipeFrom("--recipe"),
    )
    .option(
      "--data <source>",
      `${generatedData.join(" | ")} | FILE_OR_FOLDER (default: glyphs, or by recipe)`,
      notEmpty("--data"),
    )
    .option("--batch-size <n>", "samples in a step (default: by recipe)", whole("--batch-size", 1))
    .option("--optimizer <name>", "as of nabla train, with options", specification("--optimizer"))
    .option("--from <x>", "the first rate", positive("--from"), 1e-6)
    .option("--to <x>", "the last rate", positive("--to"), 10)
    .option("--steps <n>", "how many rates are tried", whole("--steps", 10), 100)
    .option("--samples <n>", "samples to train on", number("--samples", { whole: true, min: 1, below: 1e6 }))
    .option("--seed <n>", "of weights, order and drawn data", whole("--seed", 0), 0)
    .option("--device <name>", deviceNames.join(" | "), choice("--device", deviceNames), "wasm")
    .option("--svg <file>", "write the picture to a file", notEmpty("--svg"))
    .addHelpText("after", examples)
    .action(async (options: Omit<FindLrOptions, "schedule" | "warmUp" | "out">) => {
      const all = { ...options, schedule: specification("--schedule")("constant"), out: "" }
      checkOptions(all)
      if (options.from >= options.to)
        throw invalidOption("--from", `less than --to ${options.to}`, `${options.from}`)
      done(await findLr(all))
    })
}
