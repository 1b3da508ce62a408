import type { z as Zod } from "zod"
import { NablaError } from "../../base/index.ts"
import { deviceNames } from "../../tensor/index.ts"
import type { TrainConfig } from "../../train/index.ts"
import { metricNames } from "../train/metric-names.ts"
import { closest } from "./closest.ts"

/** The keys of a configuration, with what each takes, in words. */
const expected: Readonly<Record<keyof TrainConfig, string>> = {
  recipe: 'a name such as "mlp:hidden=64", or { name, options }',
  data: "a name, a file or a folder",
  target: "the name of a column",
  task: '"classification" | "regression"',
  features: "a list of names of columns",
  preprocess: 'a step such as "whiten", or a list of steps',
  epochs: "a whole number ≥ 1",
  lr: "a number > 0",
  batchSize: "a whole number ≥ 1",
  optimizer: 'a name such as "adamw:weight-decay=0.1", or { name, options }',
  momentum: "a number ≥ 0 and < 1",
  schedule: 'a name such as "cosine:min=1e-5", or { name, options }',
  warmUp: 'a number of steps, or a length such as "2ep" or "10%"',
  metrics: `a list of ${metricNames.join(" | ")}`,
  earlyStopping: "a whole number ≥ 1",
  ema: "a number ≥ 0 and < 1",
  accumulate: "a whole number ≥ 1",
  clipNorm: "a number > 0",
  evaluateEvery: "a whole number ≥ 1",
  samples: "a whole number ≥ 1",
  augment: "a list of names of augmentations",
  workers: "a whole number ≥ 0",
  dataDir: "a folder",
  seed: "a whole number ≥ 0",
  device: deviceNames.join(" | "),
  threads: "a whole number ≥ 1",
  out: "a folder",
  name: "a name without slashes that does not begin with a dot",
  report: "true or false",
  quiet: "true or false",
  json: "true or false",
}

export const configKeys = Object.keys(expected) as (keyof TrainConfig)[]

function schemaOf(z: typeof Zod): Zod.ZodType {
  const text = z.string().trim().min(1)
  const whole = (min: number) => z.number().int().min(min)
  const value = z.union([z.number(), z.boolean(), z.string(), z.array(z.number())])
  const named = z.union([
    text,
    z.strictObject({ name: text, options: z.record(z.string(), value).optional() }),
  ])
  const below1 = z.number().min(0).lt(1)
  const positive = z.number().positive()
  const fields: Record<keyof TrainConfig, Zod.ZodType> = {
    recipe: named,
    data: text,
    target: text,
    task: z.enum(["classification", "regression"]),
    features: z.array(text).min(1),
    preprocess: z.union([named, z.array(named).min(1)]),
    epochs: whole(1),
    lr: positive,
    batchSize: whole(1),
    optimizer: named,
    momentum: below1,
    schedule: named,
    warmUp: z.union([z.number().min(0), text]),
    metrics: z.array(z.enum(metricNames as [string, ...string[]])).min(1),
    earlyStopping: whole(1),
    ema: below1,
    accumulate: whole(1),
    clipNorm: positive,
    evaluateEvery: whole(1),
    samples: whole(1),
    augment: z.array(text).min(1),
    workers: whole(0),
    dataDir: text,
    seed: whole(0),
    device: z.enum(deviceNames as unknown as [string, ...string[]]),
    threads: whole(1),
    out: text,
    name: text.regex(/^[^./\\][^/\\]*$/),
    report: z.boolean(),
    quiet: z.boolean(),
    json: z.boolean(),
  }
  return z.strictObject(fields).partial()
}

let schema: Zod.ZodType | null = null

/**
 * Holds a configuration to its rules.
 *
 * @throws NABLA_CONFIG with the path of everything that is wrong, what was expected and got, and for a key that there is
 *   not the nearest one that there is
 */
export async function checkConfig(config: unknown, where: string): Promise<TrainConfig> {
  schema ??= schemaOf((await import("zod")).z)
  const result = schema.safeParse(config)
  if (result.success) return result.data as TrainConfig
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, config))
  throw configError(where, faults)
}

export interface Fault {
  readonly path: string
  readonly message: string
  readonly expected?: string
  readonly got?: string
}

function faultsOf(issue: Zod.core.$ZodIssue, config: unknown): Fault[] {
  const path = issue.path.map(String)
  const got = shown(at(config, path))
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const near = path.length === 0 ? closest(key, configKeys) : null
      const message = near === null ? "there is no such key" : `there is no such key; did you mean ${near}?`
      return { path: [...path, key].join(".").slice(0, 120), message }
    })
  }
  const [key] = path
  const wanted = key === undefined ? "an object with the options of nabla train" : expected[key as "data"]
  return [{ path: path.join("."), message: "this value cannot be used", expected: wanted, got }]
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)
}

function shown(value: unknown): string {
  if (typeof value === "function") return "a function"
  if (typeof value === "number") return String(value)
  return (JSON.stringify(value) ?? "nothing").slice(0, 100)
}

export function configError(where: string, faults: readonly Fault[]): NablaError {
  const [first] = faults
  const place = (path: string): string => (path === "" ? "" : `: ${path}`)
  if (faults.length === 1 && first !== undefined) {
    const { path, ...detail } = first
    return new NablaError("NABLA_CONFIG", { ...detail, where: `${where}${place(path)}` })
  }
  const lines = faults.slice(0, 20).map(({ path, message, expected, got }) => {
    const what = expected === undefined ? message : `expected ${expected}, got ${got}`
    return `  ${path === "" ? "" : `${path}: `}${what}`
  })
  const more = faults.length > 20 ? `\n  and ${faults.length - 20} more` : ""
  const message = `the configuration is wrong in ${faults.length} places\n${lines.join("\n")}${more}`
  return new NablaError("NABLA_CONFIG", { message, where })
}
