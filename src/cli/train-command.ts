import type { Command } from "commander"
import { deviceNames } from "../tensor/index.ts"
import { generatedData } from "./data-source.ts"
import { defaultsOf, optimizers } from "./optimizers.ts"
import { choice, folderName, notEmpty, number } from "./option-values.ts"
import { keyHelp } from "./rate-control.ts"
import { describeRecipe, recipeFrom, recipes } from "./recipes/index.ts"
import { scheduleTable } from "./schedules.ts"
import { describeOptions, optionValue, specification, specificationHelp } from "./specification.ts"
import { train } from "./train.ts"
import type { TrainOptions } from "./train-settings.ts"
import { checkOptions } from "./train-settings.ts"

const help = (): string => `
Recipes:
${recipes.map(describeRecipe).join("\n")}

Data:
  ${generatedData.join(", ")}: drawn by the program
  a folder or a file in MNIST's IDX format, plain or gzipped; without test files a fifth is held out
  a text that ends in .txt: its last tenth is held out

Optimizers and their options, written as ${specificationHelp}:
${optimizers()
  .map((entry) => `  ${entry.name.padEnd(12)}${describeOptions(defaultsOf(entry))}`)
  .join("\n")}

Schedules and their options, written alike; lengths are steps, epochs (2ep) or shares of the training (10%):
${scheduleTable.map(({ name, options }) => `  ${name.padEnd(22)}${describeOptions(options)}`).join("\n")}
  graduate-student: you set the rate while it runs, by keys (${keyHelp})
  or by writing it into the file; the run keeps rates.json, which replay takes.

Examples:
  $ nabla train                                        the cnn on glyphs, in under a minute
  $ nabla train --recipe mlp --data spiral             points on two spiral arms
  $ nabla train --recipe cnn --data path/to/mnist --epochs 5 --lr 1e-3
  $ nabla train --recipe gpt:layers=4,width=128 --data shakespeare.txt
  $ nabla train --recipe ntm --data copy               a neural Turing machine learns to copy
  $ nabla train --optimizer sgd --lr 0.05 --momentum 0.9 --seed 7
  $ nabla train --optimizer adamw:weight-decay=0.1 --schedule cosine --warm-up 5%
  $ nabla train --optimizer sgd --lr 0.1 --schedule one-cycle:momentum=0.85/0.95
  $ nabla train --schedule graduate-student:file=rate.txt
  $ nabla train --samples 200 --epochs 1 --device reference --out /tmp/runs

Exit codes:
  0 finished, 1 failed, 2 not understood, 130 stopped by Ctrl-C`

/** `nabla train`: declares its options and hands what was given to train(). */
export function addTrainCommand(root: Command, done: (exitCode: number) => void): void {
  const whole = (option: string, min: number) => number(option, { whole: true, min })
  root
    .command("train")
    .summary("train a network and keep the run in a folder")
    .description("Trains a network, evaluates it on held-out data and keeps the run in a folder.")
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
    .option("--epochs <n>", "how often to go through the data (default: by recipe)", whole("--epochs", 1))
    .option("--lr <x>", "learning rate (default: by recipe)", number("--lr", { min: 0, above: true }))
    .option("--batch-size <n>", "samples in a step (default: by recipe)", whole("--batch-size", 1))
    .option(
      "--optimizer <name>",
      "sgd, adam, adamw, …, with options, see below",
      specification("--optimizer"),
    )
    .option("--schedule <name>", "how the rate changes, with options, see below", specification("--schedule"))
    .option("--warm-up <length>", "a rise of the rate before the schedule begins", optionValue)
    .option("--momentum <x>", "of sgd (default: 0.9)", number("--momentum", { min: 0, below: 1 }))
    .option(
      "--samples <n>",
      "samples to train on, and a quarter of that held out",
      number("--samples", { whole: true, min: 1, below: 1e6 }),
    )
    .option("--seed <n>", "of weights, order and drawn data", whole("--seed", 0), 0)
    .option("--device <name>", deviceNames.join(" | "), choice("--device", deviceNames), "wasm")
    .option(
      "--threads <n>",
      "threads that share the work; results do not depend on it (default: by machine)",
      whole("--threads", 1),
    )
    .option("--out <dir>", "folder in which the folder of the run is made", notEmpty("--out"), "runs")
    .option(
      "--name <name>",
      "name of the run's folder (default: recipe, data and time)",
      folderName("--name"),
    )
    .addHelpText("after", help)
    .action(async (options: TrainOptions) => {
      checkOptions(options)
      done(await train(options))
    })
}
