import type { DType, Shape } from "../base/index.ts"
import { formatShape } from "../base/index.ts"
import { noGrad, Tensor, zeros } from "../tensor/index.ts"
import type { AnyModule } from "./module.ts"
import type { Parameter } from "./parameter.ts"

export interface SummaryRow {
  /** Where the module is: `encoder.layers.2.linear1`; the model itself has "". */
  readonly path: string
  /** Name of its class. */
  readonly type: string
  /** Shape of its (first) output, null for a module whose forward did not run. */
  readonly outputShape: Shape | null
  /** Number of values in its own parameters, without those of the modules within. */
  readonly parameters: number
  /** Memory of its own parameters and buffers. */
  readonly bytes: number
}

/** What a model consists of. `String(…)` is a table for people. */
export interface Summary {
  readonly rows: readonly SummaryRow[]
  readonly parameters: number
  /** Those that learn. */
  readonly trainable: number
  /** Memory of parameters and buffers. */
  readonly bytes: number
  toString(): string
}

export interface SummaryOptions {
  /** Type of the input that is made for a shape. Default: float32. */
  readonly dtype?: DType
}

/** Tensors of one module. */
interface Own {
  readonly parameters: Parameter[]
  readonly all: Tensor[]
}

const bytesOf = ({ dtype }: Tensor): number => ({ float32: 4, float64: 8, int32: 4, bool: 1 })[dtype]
const count = (tensors: readonly Tensor[]): number => tensors.reduce((n, t) => n + t.numel(), 0)
const bytes = (tensors: readonly Tensor[]): number => tensors.reduce((n, t) => n + t.numel() * bytesOf(t), 0)

/**
 * A table of the modules of a model: paths, classes, output shapes, numbers of parameters and memory. The forward runs
 * once, in evaluation mode; since tensors are lazy, nothing is computed. A parameter in several places counts once.
 *
 * @param input shape of the input, or the inputs themselves
 * @param options dtype: type of the input that is made for a shape
 *
 * @example nn.summary(nn.sequential(nn.linear(3, 4), nn.relu()), [8, 3]).parameters // 16
 */
export function summary(
  model: AnyModule & { forward(...args: never[]): unknown },
  input: Shape | Tensor | readonly Tensor[],
  { dtype = "float32" }: SummaryOptions = {},
): Summary {
  const outputs = outputShapes(model, inputsOf(input, dtype))
  const modules = model.namedModules()
  const owned = ownTensors(model, new Set(modules.map(([path]) => path)))
  const rows = modules.map(([path, module]): SummaryRow => {
    const own = owned.get(path)!
    const outputShape = outputs.get(module) ?? null
    const type = module.constructor.name
    return { path, type, outputShape, parameters: count(own.parameters), bytes: bytes(own.all) }
  })
  const parameters = model.parameters()
  const total = {
    parameters: count(parameters),
    trainable: count(parameters.filter(({ requiresGrad }) => requiresGrad)),
    bytes: bytes([...parameters, ...model.buffers()]),
  }
  return { rows, ...total, toString: () => table(rows, total) }
}

function inputsOf(input: Shape | Tensor | readonly Tensor[], dtype: DType): readonly Tensor[] {
  if (input instanceof Tensor) return [input]
  const isShape = (list: Shape | readonly Tensor[]): list is Shape => typeof list[0] !== "object"
  return isShape(input) ? [zeros(input, { dtype })] : input
}

/** What each module itself has of the model's tensors, each under its first name, by the paths of the modules. */
function ownTensors(model: AnyModule, paths: ReadonlySet<string>): ReadonlyMap<string, Own> {
  const owners = new Map([...paths].map((path) => [path, { parameters: [], all: [] } as Own] as const))
  const ownerOf = (name: string): Own => {
    let end = name.lastIndexOf(".")
    // A parameter in a list or an object within a module has a longer path than that module's and its own name.
    while (end > 0 && !paths.has(name.slice(0, end))) end = name.lastIndexOf(".", end - 1)
    return owners.get(name.slice(0, Math.max(end, 0)))!
  }
  for (const [name, parameter] of model.namedParameters()) {
    ownerOf(name).parameters.push(parameter)
    ownerOf(name).all.push(parameter)
  }
  for (const [name, buffer] of model.namedBuffers()) ownerOf(name).all.push(buffer)
  return owners
}

/** Runs the model once and notes the shapes that its modules give. */
function outputShapes(
  model: AnyModule & { forward(...args: never[]): unknown },
  inputs: readonly Tensor[],
): ReadonlyMap<AnyModule, Shape> {
  const shapes = new Map<AnyModule, Shape>()
  const modules = model.modules()
  const handles = modules.map((module) =>
    module.registerForwardHook((_, __, output) => {
      const shape = shapeOf(output)
      if (shape !== null && !shapes.has(module)) shapes.set(module, shape)
    }),
  )
  const modes = modules.map(({ training }) => training)
  model.eval()
  try {
    noGrad(() => model.forward(...(inputs as never[])))
  } finally {
    for (const [i, module] of modules.entries()) module.training = modes[i]!
    for (const handle of handles) handle.remove()
  }
  return shapes
}

function shapeOf(output: unknown): Shape | null {
  if (output instanceof Tensor) return output.shape
  return Array.isArray(output) ? shapeOf(output[0]) : null
}

function table(rows: readonly SummaryRow[], total: Omit<Summary, "rows" | "toString">): string {
  const number = (n: number): string => n.toLocaleString("en-US")
  const lines = rows.map(({ path, type, outputShape, parameters, bytes }) => [
    path === "" ? "(model)" : path,
    type,
    outputShape === null ? "–" : formatShape(outputShape),
    number(parameters),
    number(bytes),
  ])
  const all = [["path", "class", "output", "parameters", "bytes"], ...lines]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((line) => line[column]!.length)))
  const text = all.map((line) =>
    line
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  )
  const frozen = total.parameters - total.trainable
  return [
    ...text,
    "",
    `parameters ${number(total.parameters)}${frozen > 0 ? `, of which ${number(frozen)} are frozen` : ""}`,
    `bytes ${number(total.bytes)}`,
  ].join("\n")
}
