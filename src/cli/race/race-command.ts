import type { Command } from "commander"
import type { Point } from "../../surfaces/index.ts"
import { invalidOption, notEmpty, number } from "../terminal/option-values.ts"
import type { Specification } from "../terminal/specification.ts"
import { describeOptions, specification, specificationHelp } from "../terminal/specification.ts"
import { defaultsOf, optimizers } from "../train/optimizers.ts"
import { race } from "./race.ts"
import { makeExpression, makeSurface, surfaceTable } from "./surfaces.ts"

interface RaceArguments {
  readonly surface?: Specification
  readonly expression?: string
  readonly optimizers: readonly Specification[]
  readonly steps: number
  readonly start?: Point
  readonly seed: number
  readonly svg?: string
}

const usual = ["sgd:lr=0.001", "sgd:lr=0.001,momentum=0.9", "rmsprop:lr=0.01", "adam:lr=0.1"]

const help = (): string => `
Surfaces and optimizers are written as ${specificationHelp}.

Surfaces:
${surfaceTable.map(({ name, options }) => `  ${name.padEnd(18)}${options.join(", ")}`).join("\n")}

Optimizers and their options:
${optimizers()
  .map((entry) => `  ${entry.name.padEnd(12)}${describeOptions(defaultsOf(entry))}`)
  .join("\n")}

Examples:
  $ nabla race                                         four optimizers in Rosenbrock's valley
  $ nabla race --surface quadratic:condition=100,rotation=45 --optimizers sgd:lr=0.015 adagrad:lr=1 adam:lr=0.1
  $ nabla race --surface saddle --start 1,1e-4 --svg saddle.svg
  $ nabla race --expression "x^4 - x^2 + y^2" --optimizers sgd:lr=0.1 adam:lr=0.1 --start 0.1,1`

/** `nabla race`: several optimizers on one surface. */
export function addRaceCommand(root: Command, done: (exitCode: number) => void): void {
  const parse = specification("--optimizers")
  root
    .command("race")
    .summary("let optimizers run on a surface, and draw their paths")
    .description("Lets optimizers run on a test surface, names what each does, and draws their paths.")
    .option("--surface <surface>", "where (default: rosenbrock)", specification("--surface"))
    .option("--expression <text>", "a surface of your own, in x and y", notEmpty("--expression"))
    .option(
      "--optimizers <optimizer...>",
      `who (default: ${usual.join(" ")})`,
      (text: string, before: readonly Specification[] | undefined) => [...(before ?? []), parse(text)],
    )
    .option("--steps <n>", "how many steps", number("--steps", { whole: true, min: 1, below: 1e6 }), 200)
    .option("--start <x,y>", "where to start (default: the surface's own)", point("--start"))
    .option("--seed <n>", "of noise", number("--seed", { whole: true, min: 0 }), 0)
    .option("--svg <file>", "write the picture to a file", notEmpty("--svg"))
    .addHelpText("after", help)
    .action(async ({ surface, expression, optimizers: given, ...options }: RaceArguments) => {
      if (surface !== undefined && expression !== undefined)
        throw invalidOption("--expression", "no --surface beside it", expression)
      const where =
        expression === undefined
          ? makeSurface("--surface", surface ?? specification("--surface")("rosenbrock"))
          : makeExpression("--expression", expression)
      await race({ ...options, surface: where, optimizers: given ?? usual.map(parse) })
      done(0)
    })
}

/** A parser for a point of the plane. */
function point(option: string): (text: string) => Point {
  return (text) => {
    const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)))
    if (numbers.length === 2 && numbers.every((x) => Number.isFinite(x))) return numbers
    throw invalidOption(option, "two numbers, such as 1,-0.5", text)
  }
}
