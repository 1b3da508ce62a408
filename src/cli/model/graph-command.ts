import { access } from "node:fs/promises"
import { createRequire } from "node:module"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import type { Command } from "commander"
import { NablaError } from "../../base/index.ts"
import type { Graph, GraphLevel } from "../../tensor/index.ts"
import * as own from "../../tensor/index.ts"
import { writeFileWhole } from "../../train/node.ts"
import { choice, notEmpty } from "../terminal/option-values.ts"

const levels = ["user", "primitive", "kernel"] as const

const formats = {
  mermaid: own.toMermaid,
  dot: own.toDot,
  json: (graph: Graph): string => `${JSON.stringify(graph, null, 2)}\n`,
} as const
type Format = keyof typeof formats

interface GraphOptions {
  readonly level: GraphLevel
  readonly format: Format
  readonly values?: boolean
  readonly out?: string
}

const examples = `
The script is a module that exports tensors, or a function that returns one:

  import { tensor, softmax } from "nabla"
  const x = tensor([[1, 2], [3, 4]])
  export default softmax(x.matmul(x), 1)

Examples:
  $ nabla graph model.mjs                              Mermaid, for a README
  $ nabla graph model.mjs --format dot | dot -Tsvg > model.svg
  $ nabla graph model.mjs --level kernel               what the device runs`

/** `nabla graph`: writes the graph of the tensors that a script exports. */
export function addGraphCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("graph")
    .summary("write the graph of a script's tensors")
    .description("Writes the graph that made the tensors which a script exports.")
    .argument("<file>", "an ES module")
    .option("--level <level>", levels.join(" | "), choice("--level", levels), "user")
    .option(
      "--format <format>",
      Object.keys(formats).join(" | "),
      choice("--format", Object.keys(formats) as Format[]),
      "mermaid",
    )
    .option("--values", "show values and gradients as well")
    .option("--out <file>", "write to a file instead of the terminal", notEmpty("--out"))
    .addHelpText("after", examples)
    .action(async (file: string, { level, format, values = false, out }: GraphOptions) => {
      const nabla = await libraryOf(await checkedPath(file))
      const graph = nabla.graphOf(await exportedTensors(file, nabla), { level, values, gradients: values })
      const text = formats[format](graph)
      if (out === undefined) process.stdout.write(text)
      else writeFileWhole(out, text)
      done(0)
    })
}

async function checkedPath(file: string): Promise<string> {
  await access(file).catch((cause: unknown) => {
    throw new NablaError("NABLA_FILE_NOT_FOUND", { message: "there is no such script", where: file, cause })
  })
  return resolve(file)
}

/** The nabla that a script imports: it may be installed beside the script, apart from this command's. */
async function libraryOf(script: string): Promise<typeof own> {
  let path: string
  try {
    path = createRequire(script).resolve("nabla")
  } catch {
    return own
  }
  return import(pathToFileURL(path).href) as Promise<typeof own>
}

/** The tensors that a module exports; functions that it exports are called without arguments. */
async function exportedTensors(file: string, { Tensor }: typeof own): Promise<own.Tensor[]> {
  const exported = Object.values((await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>)
  const results = await Promise.all(exported.map((value) => (typeof value === "function" ? value() : value)))
  const tensors = results.flat().filter((value) => value instanceof Tensor)
  if (tensors.length > 0) return tensors
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the script exports no tensor",
    where: file,
    expected: "an export that is a tensor, or a function that returns one",
    got:
      exported.length === 0
        ? "no exports"
        : `exports of type ${exported.map((value) => typeof value).join(", ")}`,
    hint: "export the tensor whose graph you want to see",
  })
}
