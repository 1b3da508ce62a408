import type { Command } from "commander"
import { publicDataNames } from "../../data/node.ts"
import { deviceNames } from "../../tensor/index.ts"
import { mergeConfig } from "../config/merge.ts"
import { findConfig } from "../config/read-config.ts"
import { describeRecipe, recipeFrom, recipes } from "../recipes/index.ts"
import { choice, folderName, notEmpty, number, taking } from "../terminal/option-values.ts"
import { describeOptions, optionValue, specification, specificationHelp } from "../terminal/specification.ts"
import { augmentationHelp, augmentationList } from "./augmented-data.ts"
import { checkpointInterval } from "./checkpoint-interval.ts"
import { generatedData } from "./data-source.ts"
import { metricName, metricNames } from "./metric-names.ts"
import { defaultsOf, optimizers } from "./optimizers.ts"
import { preprocessingStep, preprocessingSteps } from "./preprocessing-steps.ts"
import { keyHelp } from "./rate-control.ts"
import { scheduleTable } from "./schedules.ts"
import { train } from "./train.ts"
import type { TrainOptions } from "./train-settings.ts"
import { checkOptions } from "./train-settings.ts"

/** Names that --data takes besides paths. */
const namedData = [...generatedData, ...publicDataNames]

const help = (): string => `
Recipes:
${recipes.map(describeRecipe).join("\n")}

Data:
  ${generatedData.join(", ")}: drawn by the program
  ${publicDataNames.join(", ")}: from --data-dir, otherwise downloaded and kept
  a folder or a file in MNIST's IDX format, plain or gzipped; without test files a fifth is held out
  a text that ends in .txt: its last tenth is held out
  a table that ends in .csv or .tsv, with --target: a fifth of its rows is held out

Augmentations for --augment, written as NAME[,NAME…]:
${augmentationHelp}

Preprocessing of tables; missing values become a column's median and texts categories before it:
${preprocessingSteps.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join("\n")}

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
  $ nabla train --recipe mlp --data my.csv --target price --preprocess whiten --early-stopping 10
  $ nabla train --config nabla.config.yaml --epochs 3  what is given here goes before the file
  $ nabla train --resume runs/cnn-glyphs-20260131-142500
  $ nabla train --samples 200 --epochs 1 --device reference --out /tmp/runs

Exit codes:
  0 finished, 1 failed, 2 not understood, 130 stopped by Ctrl-C`

const tasks = ["classification", "regression"] as const

const columns = (text: string): string[] =>
  notEmpty("--features")(text)
    .split(",")
    .map((name) => name.trim())

/** For an option that takes several values. */
function eachOf<T>(parse: (text: string) => T): (text: string, before: readonly T[] | undefined) => T[] {
  return (text, before = []) => [...before, parse(text)]
}

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
      taking(
        recipes.map(({ name }) => name),
        recipeFrom("--recipe"),
      ),
    )
    .option(
      "--data <source>",
      `${namedData.join(" | ")} | FILE_OR_FOLDER (default: glyphs, or by recipe)`,
      taking(namedData, notEmpty("--data")),
    )
    .option(
      "--data-dir <dir>",
      "folder with the files of mnist, cifar10 …, instead of a download",
      notEmpty("--data-dir"),
    )
    .option("--epochs <n>", "how often to go through the data (default: by recipe)", whole("--epochs", 1))
    .option("--lr <x>", "learning rate (default: by recipe)", number("--lr", { min: 0, above: true }))
    .option("--batch-size <n>", "samples in a step (default: by recipe)", whole("--batch-size", 1))
    .option(
      "--optimizer <name>",
      "sgd, adam, adamw, …, with options, see below",
      specification("--optimizer"),
    )
    .option(
      "--schedule <name>",
      "how the rate changes, with options, see below",
      taking(
        scheduleTable.map(({ name }) => name),
        specification("--schedule"),
      ),
    )
    .option("--warm-up <length>", "a rise of the rate before the schedule begins", optionValue)
    .option("--momentum <x>", "of sgd (default: 0.9)", number("--momentum", { min: 0, below: 1 }))
    .option(
      "--samples <n>",
      "samples to train on, and a quarter of that held out",
      number("--samples", { whole: true, min: 1, below: 1e6 }),
    )
    .option("--augment <names>", "changes of the training images at random, see below", augmentationList)
    .option(
      "--workers <n>",
      "threads that prepare augmented batches (default: 0, the training's own)",
      whole("--workers", 0),
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
    .option("--target <column>", "of a table: the column to predict", notEmpty("--target"))
    .option("--task <task>", "classification | regression (default: by target)", choice("--task", tasks))
    .option(
      "--features <columns>",
      "of a table: columns to predict from, with commas (default: all)",
      columns,
    )
    .option(
      "--preprocess <steps...>",
      "what is done to a table's inputs, see below",
      taking(
        preprocessingSteps.map(({ name }) => name),
        eachOf(preprocessingStep),
      ),
    )
    .option(
      "--metrics <names...>",
      `${metricNames.join(" | ")} (default: by recipe)`,
      taking(metricNames, eachOf(metricName)),
    )
    .option(
      "--early-stopping <n>",
      "end after so many epochs without an improvement",
      whole("--early-stopping", 1),
    )
    .option(
      "--ema <decay>",
      "end with a running average of the weights",
      number("--ema", { min: 0, below: 1 }),
    )
    .option("--accumulate <n>", "batches whose gradients make one step", whole("--accumulate", 1))
    .option(
      "--clip-norm <x>",
      "largest norm of all gradients",
      number("--clip-norm", { min: 0, above: true }),
    )
    .option("--evaluate-every <n>", "evaluate after so many steps, too", whole("--evaluate-every", 1))
    .option(
      "--checkpoint-every <interval>",
      "steps (200), epochs (2ep) or seconds (30s) between checkpoints (default: an epoch or a minute)",
      checkpointInterval,
    )
    .option("--keep <n>", "checkpoints to keep, beside the best one", whole("--keep", 1), 3)
    .option(
      "--resume <run>",
      "go on with a run that was stopped or killed, to the bit as if it had not been",
      notEmpty("--resume"),
    )
    .option("--config <file>", "options from a file (default: nabla.config.* here)", notEmpty("--config"))
    .option("--no-report", "do not watch layers and gradients, and write no report at the end")
    .option("-q, --quiet", "print nothing but the run's folder")
    .option("--json", "print a line of JSON for each event")
    .addHelpText("after", help)
    .action(async (given: TrainOptions & { readonly config?: string }, command: Command) => {
      // A run that goes on has its own options: those of a file that happens to lie here are another training's.
      const ignored = given.resume !== undefined && given.config === undefined
      const found = ignored ? null : await findConfig(given.config)
      const options = found === null ? given : mergeConfig<TrainOptions>(command, found.config, found.file)
      checkOptions(options)
      const said = Object.keys(options).filter((key) => command.getOptionValueSource(key) !== "default")
      done(await train(options, said))
    })
}
