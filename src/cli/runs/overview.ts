import type { Run } from "../../train/node.ts"
import { invalidOption } from "../terminal/option-values.ts"

/** A run in one line. */
export interface RunLine {
  readonly name: string
  readonly recipe: string | null
  readonly data: string | null
  readonly status: string
  readonly steps: number
  readonly epochs: number
  /** The best value on held-out data (of training, without any) over the epochs: the least loss, the greatest accuracy. */
  readonly loss: number | null
  readonly accuracy: number | null
  readonly started: string | null
}

export function lineOf(run: Run): RunLine {
  const { name, config, status, summary } = run
  const records = run.metrics()
  const epochs = records.filter((record) => record.kind === "epoch")
  const values = (metric: string): number[] =>
    epochs.map(({ train, test }) => (test ?? train)[metric]).filter((value) => value !== undefined)
  const [losses, accuracies] = [values("loss"), values("accuracy")]
  return {
    name,
    recipe: text(config.recipe),
    data: text((config.data as { source?: unknown } | undefined)?.source),
    status,
    steps: records.reduce((most, { step }) => Math.max(most, step), 0),
    epochs: epochs.length,
    loss: losses.length === 0 ? null : Math.min(...losses),
    accuracy: accuracies.length === 0 ? null : Math.max(...accuracies),
    started: text(summary.started),
  }
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null)

/** A condition `key=value` on a run's config. */
export interface Condition {
  readonly key: string
  readonly value: string
}

/** @throws NABLA_INVALID_OPTION for anything but key=value */
export function condition(written: string, before: readonly Condition[] = []): Condition[] {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(written) ?? []
  if (key === undefined)
    throw invalidOption("--where", "key=value, such as recipe=cnn or data.source=glyphs", written)
  return [...before, { key: key.trim(), value: value!.trim() }]
}

export function meets({ config }: Run, conditions: readonly Condition[]): boolean {
  const flat = flattened(config)
  return conditions.every(({ key, value }) => flat.get(key) === value)
}

/** All that a config says as text, under paths such as model.width. */
export function flattened(config: object, path = ""): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(config)) {
    const name = path === "" ? key : `${path}.${key}`
    if (value !== null && typeof value === "object" && !Array.isArray(value))
      for (const [inner, shown] of flattened(value, name)) found.set(inner, shown)
    else found.set(name, typeof value === "string" ? value : JSON.stringify(value))
  }
  return found
}

/** A setting in which runs differ: a value for each, or null where it has none. */
export interface Difference {
  readonly key: string
  readonly values: readonly (string | null)[]
}

/** The options that a run was begun with say the same as its settings once more. */
const REPEATED = "options."

export function differences(runs: readonly Run[]): Difference[] {
  const configs = runs.map(({ config }) => flattened(config))
  const keys = [...new Set(configs.flatMap((config) => [...config.keys()]))]
  return keys
    .filter((key) => !key.startsWith(REPEATED))
    .map((key) => ({ key, values: configs.map((config) => config.get(key) ?? null) }))
    .filter(({ values }) => new Set(values).size > 1)
}

/** The last values of each metric, side by side. */
export function lastValues(runs: readonly Run[]): { metric: string; values: (number | null)[] }[] {
  const last = runs.map((run) => run.metrics().findLast((record) => record.kind === "epoch"))
  const named = last.map((record) => {
    if (record?.kind !== "epoch") return new Map<string, number>()
    const sets = { training: record.train, "held out": record.test ?? {} }
    const all = Object.entries(sets).flatMap(([set, values]) =>
      Object.entries(values).map(([name, value]) => [`${set}: ${name}`, value] as const),
    )
    return new Map(all)
  })
  const metrics = [...new Set(named.flatMap((values) => [...values.keys()]))]
  return metrics.map((metric) => ({ metric, values: named.map((values) => values.get(metric) ?? null) }))
}
