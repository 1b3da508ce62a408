import Table from "cli-table3"
import type { Command } from "commander"
import type { Values } from "../../train/index.ts"
import { evaluate } from "../../train/index.ts"
import { score } from "../terminal/format.ts"
import { jsonLine } from "../terminal/json-lines.ts"
import { choice, notEmpty } from "../terminal/option-values.ts"
import { metricName, metricNames } from "../train/metric-names.ts"
import type { Weights } from "./run-model.ts"
import { evaluatedModel, weightNames } from "./run-model.ts"

interface EvalOptions {
  readonly data?: string
  readonly metrics?: readonly string[]
  readonly weights: Weights
  readonly json?: boolean
}

const examples = `
Preprocessing is the run's own: what it has learned of its training data is applied to the others.

Examples:
  $ nabla eval runs/mlp-houses-20260131-142500
  $ nabla eval RUN --data other-houses.csv --metrics mae rmse r2
  $ nabla eval RUN --weights best --json

Exit codes:
  0 evaluated, 1 failed, 2 not understood`

/** `nabla eval`: the loss and the metrics of a run's model. */
export function addEvalCommand(root: Command, done: (exitCode: number) => void): void {
  const names = (text: string, before: readonly string[] = []): string[] => [...before, metricName(text)]
  root
    .command("eval")
    .summary("evaluate the model of a run")
    .description("Evaluates the model of a run on the data that it held out, or on others.")
    .argument("<run>", "the folder of a run")
    .option("--data <source>", "other data than the run's own, of the same kind", notEmpty("--data"))
    .option("--metrics <names...>", metricNames.join(" | "), names)
    .option(
      "--weights <which>",
      "of the end, or of the last or best checkpoint",
      choice("--weights", weightNames),
      "end",
    )
    .option("--json", "print a line of JSON")
    .addHelpText("after", examples)
    .action(async (run: string, options: EvalOptions) => {
      const { json = false } = options
      const values = await evaluation(run, options)
      if (json) jsonLine({ run, ...(options.data && { data: options.data }), ...values })
      else process.stdout.write(`${tableOf(values)}\n`)
      done(0)
    })
}

async function evaluation(path: string, { data, metrics, weights }: EvalOptions): Promise<Values> {
  const { job } = await evaluatedModel(path, data, weights, metrics)
  const { model, test, loss, metrics: used } = job
  return evaluate(model, test, { ...(loss && { loss }), ...(used && { metrics: used }) })
}

function tableOf(values: Values): string {
  const table = new Table({ colAligns: ["left", "right"], style: { compact: true, border: [] } })
  for (const [name, value] of Object.entries(values)) table.push([name, score(name, value)])
  return table.toString()
}
