import { basename, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { NablaError } from "../../base/index.ts"
import type { DiagnoseOptions, diagnose } from "../../diagnostics/index.ts"
import { Module } from "../../nn/index.ts"
import { type DeviceName, setDefaultDevice } from "../../tensor/index.ts"

/** What is brought to the doctor: the arguments of diagnose, and what to call it. */
export interface Subject {
  readonly title: string
  readonly arguments: Parameters<typeof diagnose>
}

type Exports = Readonly<Record<string, unknown>>

/** What a script may export beside `model` and `data`: the options of diagnose. */
const OPTIONS: readonly (keyof DiagnoseOptions)[] = [
  "optimizer",
  "loss",
  "test",
  "history",
  "schedule",
  "totalSteps",
  "step",
  "evaluate",
  "initial",
  "trained",
  "trialSteps",
]

/** Runs a script and gives what it exports. @throws NABLA_CONFIG when it fails */
export async function scriptOf(file: string): Promise<Exports> {
  const path = resolve(file)
  try {
    if (/\.[mc]?ts$/.test(path)) {
      const { createJiti } = await import("jiti")
      return (await createJiti(import.meta.url, { moduleCache: false }).import(path)) as Exports
    }
    return (await import(pathToFileURL(path).href)) as Exports
  } catch (cause) {
    throw new NablaError("NABLA_CONFIG", {
      message: "the script failed as it was run",
      got: cause instanceof Error ? cause.message.slice(0, 300) : String(cause),
      where: file,
      cause,
    })
  }
}

/**
 * The training that a script exports: `model`, `data` and options of diagnose by their names, or a default export that
 * is an object of these, or a function that gives one. Null when the default export is something else.
 *
 * @throws NABLA_CONFIG for a script without model or data
 */
export async function subjectOfScript(
  script: Exports,
  file: string,
  device: DeviceName | undefined,
): Promise<Subject | null> {
  if (device !== undefined) setDefaultDevice(device)
  const given = script.model === undefined ? await settled(script.default) : script
  const { model, data } = given
  if (model === undefined && data === undefined && Object.keys(given).length > 0) return null
  if (typeof data === "string") return null
  if (!isModule(model) || typeof data !== "object" || data === null)
    throw new NablaError("NABLA_CONFIG", {
      message: "the script exports no training to look at",
      expected: "exports `model` and `data`, or a default export { model, data, optimizer, loss, … }",
      got: Object.keys(given).join(", ") || "nothing",
      where: file,
      hint: "docs/doctor.md shows one",
    })
  const options = Object.fromEntries(
    OPTIONS.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  )
  return {
    title: basename(file),
    arguments: [model, data, options] as unknown as Parameters<typeof diagnose>,
  }
}

async function settled(value: unknown): Promise<Exports> {
  const result = typeof value === "function" ? await (value as () => unknown)() : value
  return typeof result === "object" && result !== null ? (result as Exports) : {}
}

/** A script may have a copy of the library of its own. */
function isModule(value: unknown): boolean {
  return value instanceof Module || typeof (value as { forward?: unknown } | null)?.forward === "function"
}
