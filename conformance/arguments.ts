/** The command line of the conformance runner. */
import { existsSync } from "node:fs"
import { parseArgs } from "node:util"
import type { SuiteOptions } from "./suite.ts"
import type { FloatType } from "./torch/nabla.ts"

export const usage = `usage: npm run conformance -- DIR [--device NAME] [--dtype float32|float64]
                                    [--category NAME]… [--name REGEX]

  DIR         a folder of reference files (ops.json, losses.json, …)
  --device    the device to run on: wasm (default), reference, …
  --dtype     the float type to run in: float64 on reference, float32 elsewhere, unless said
  --category  only this file (repeatable; also a list with commas)
  --name      only cases whose name matches`

export class UsageError extends Error {}

export function parseArguments(args: readonly string[]): SuiteOptions {
  const { values, positionals } = readArguments(args)
  const [folder, ...rest] = positionals
  if (folder === undefined || rest.length > 0) throw new UsageError("one folder expected")
  if (!existsSync(folder)) throw new UsageError(`no such folder: ${folder}`)
  const device = values.device ?? "wasm"
  return {
    folder,
    device,
    float: readDtype(values.dtype, device),
    categories: (values.category ?? []).flatMap((list) => list.split(",")).filter(Boolean),
    name: values.name === undefined ? null : readPattern(values.name),
  }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        device: { type: "string" },
        dtype: { type: "string" },
        category: { type: "string", multiple: true },
        name: { type: "string" },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** The oracle computes in double precision, so it is held to the tighter tolerances. */
function readDtype(dtype: string | undefined, device: string): FloatType {
  if (dtype === undefined) return device === "reference" ? "float64" : "float32"
  if (dtype === "float32" || dtype === "float64") return dtype
  throw new UsageError(`--dtype is float32 or float64, not ${dtype}`)
}

function readPattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch {
    throw new UsageError(`--name is no regular expression: ${pattern}`)
  }
}
