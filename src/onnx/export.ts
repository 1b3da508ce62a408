import { NablaError, version } from "../base/index.ts"
import { encodeOnnx } from "../io/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { realize, Tensor as TensorClass } from "../tensor/index.ts"
import { Exporter } from "./exporter.ts"
import type { Step } from "./trace.ts"
import { trace } from "./trace.ts"

/** The version of ONNX's set of operations that files are written for. */
const OPSET = 18

/** What can be exported: every module of `nabla/nn`, and whatever else has its methods. */
export interface ExportableModel {
  forward(...args: never[]): unknown
  stateDict(): Readonly<Record<string, Tensor>>
  modules(): readonly { training: boolean }[]
}

export interface OnnxOptions {
  /**
   * The dimension of the inputs (and with it of the outputs) that is the batch and may have any size when the model
   * runs. null: all sizes are those of the example. One for each input, where they differ. Default: 0.
   */
  readonly batchDim?: number | null | readonly (number | null)[]
  /** Default: `input`, or `input_1`, `input_2` … where there are several. */
  readonly inputNames?: readonly string[]
  /** Default: `output`, or `output_1`, `output_2` … where there are several. */
  readonly outputNames?: readonly string[]
  /** Name of the graph. Default: that of the model's class. */
  readonly name?: string
  /** Texts that the file is to hold. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Writes a model as an ONNX file (opset 18), which onnxruntime and other engines run.
 *
 * The forward runs once in evaluation mode on inputs without values; since tensors are lazy, the graph that it leaves is
 * the model, whatever its code looks like: modules of one's own and models that are put together in a forward are
 * exported as those of nabla are. The operations are those of the graph; windows under a product become `Conv`, under a
 * maximum or a mean pooling, and so on. Parameters and buffers keep the names that they have in `stateDict()`.
 *
 * @param example an input of the right shape and type, or a list of them; its values do not matter
 * @param options batchDim, inputNames, outputNames, name, metadata
 * @returns the bytes of the file
 * @throws NABLA_ONNX_UNSUPPORTED for what ONNX cannot express, naming the operation and the module that it is in: random
 *   numbers, decompositions of matrices that depend on the input, loops and branches that depend on values
 *
 * @example
 * const model = nn.sequential(nn.linear(4, 8), nn.relu(), nn.linear(8, 3))
 * const file = await exportOnnx(model, zeros([1, 4]))
 */
export async function exportOnnx(
  model: ExportableModel,
  example: Tensor | readonly Tensor[],
  options: OnnxOptions = {},
): Promise<Uint8Array> {
  checkOptions(options)
  const examples = Array.isArray(example) ? (example as readonly Tensor[]) : [example as Tensor]
  const batchDims = batchDimsOf(examples, options.batchDim)
  const state = model.stateDict()
  realize(Object.values(state))
  const traced = evaluating(model, () =>
    trace((...inputs) => tensorsOf(model.forward(...(inputs as never[]))), examples, batchDims),
  )
  if (traced.outputs.length === 0) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the forward gives no tensor",
      where: "exportOnnx",
      expected: "a tensor, or lists and objects of tensors",
    })
  }
  const inputNames = namesOf("input", traced.inputs, options.inputNames)
  const outputNames = namesOf("output", traced.outputs, options.outputNames)
  const of = batchDims.findIndex((dim) => dim !== null)
  const batch = of < 0 ? null : { input: inputNames[of]!, dim: batchDims[of]! }
  const graph = await new Exporter(traced, state, batch).run(inputNames, outputNames)
  return encodeOnnx({
    name: options.name ?? model.constructor.name,
    opset: OPSET,
    producer: { name: "nabla", version },
    metadata: options.metadata ?? {},
    ...graph,
  })
}

const optionNames = ["batchDim", "inputNames", "outputNames", "name", "metadata"]

function checkOptions(options: OnnxOptions): void {
  const unknown = Object.keys(options).find((name) => !optionNames.includes(name))
  if (unknown === undefined) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `there is no option ${unknown}`,
    where: "exportOnnx",
    expected: optionNames.join(", "),
    got: unknown,
  })
}

function batchDimsOf(
  examples: readonly Tensor[],
  option: OnnxOptions["batchDim"] = 0,
): readonly (number | null)[] {
  return examples.map(({ ndim }, i) => {
    const dim = option === null || typeof option === "number" ? option : (option[i] ?? null)
    const at = dim !== null && dim < 0 ? dim + ndim : dim
    if (at === null || (Number.isInteger(at) && at >= 0 && at < ndim)) return at
    throw new NablaError("NABLA_INVALID_DIM", {
      message: `input ${i + 1} has no dimension ${dim}`,
      where: "exportOnnx",
      expected: `batchDim of an input of ${ndim} dimensions, or null`,
      got: String(dim),
    })
  })
}

function evaluating<T>(model: ExportableModel, f: () => T): T {
  const modules = model.modules()
  const modes = modules.map(({ training }) => training)
  for (const module of modules) module.training = false
  try {
    return f()
  } finally {
    for (const [i, module] of modules.entries()) module.training = modes[i]!
  }
}

/** All tensors of what a forward gives: one, or lists and objects of them. */
function tensorsOf(output: unknown): readonly Tensor[] {
  if (output instanceof TensorClass) return [output]
  if (typeof output !== "object" || output === null) return []
  return Object.values(output).flatMap(tensorsOf)
}

function namesOf(
  word: string,
  steps: readonly Step[],
  given: readonly string[] | undefined,
): readonly string[] {
  const names = given ?? steps.map((_, i) => (steps.length === 1 ? word : `${word}_${i + 1}`))
  if (names.length === steps.length && new Set(names).size === names.length) return names
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `the ${word}s have other names than there are ${word}s`,
    where: "exportOnnx",
    expected: `${steps.length} different names`,
    got: names.join(", "),
  })
}
