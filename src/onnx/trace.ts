import type { DType } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { Attrs, Node, Op } from "../graph/index.ts"
import { placeholderNode, topologicalOrder } from "../graph/index.ts"
import { Tensor } from "../tensor/index.ts"
import { inexpressible } from "./errors.ts"
import type { Size } from "./size.ts"
import { sizeThrough } from "./size.ts"

/**
 * One operation of the traced function. The function is traced for several sizes of the batch; a step stands for the
 * node at the same place in each of these graphs, and its sizes are functions of the batch through what they are there.
 */
export class Step<A extends Attrs = Attrs> {
  readonly nodes: readonly Node[]
  readonly inputs: readonly Step[]
  readonly shape: readonly Size[]
  private readonly batches: readonly number[]

  constructor(nodes: readonly Node[], inputs: readonly Step[], batches: readonly number[]) {
    this.nodes = nodes
    this.inputs = inputs
    this.batches = batches
    this.shape = this.through(nodes.map(({ shape }) => shape))
  }

  get op(): Op {
    return this.nodes[0]!.op
  }

  get dtype(): DType {
    return this.nodes[0]!.aval.dtype
  }

  /** Whether this is an application of the operation. */
  is<B extends Attrs>(op: Op<B>): this is Step<B> {
    return (this.op as unknown) === op
  }

  /** Numbers among the attributes that may follow the batch. */
  sizes(select: (attrs: A) => readonly number[]): Size[] {
    return this.through(this.nodes.map(({ attrs }) => select(attrs as A)))
  }

  /** Something among the attributes that ONNX wants to know beforehand. */
  fixed<T>(select: (attrs: A) => T): T {
    const [first, ...others] = this.nodes.map(({ attrs }) => select(attrs as A))
    const text = JSON.stringify(first)
    if (others.every((other) => JSON.stringify(other) === text)) return first!
    throw this.dependsOnBatch()
  }

  /** The number that has these values in the graphs, where it follows the batch. */
  sizeOf(values: readonly number[]): Size | null {
    return sizeThrough(this.batches, values)
  }

  private through(lists: readonly (readonly number[])[]): Size[] {
    const [first] = lists
    if (lists.some((list) => list.length !== first!.length)) throw this.dependsOnBatch()
    return first!.map((_, i) => {
      const values = lists.map((list) => list[i]!)
      const size = sizeThrough(this.batches, values)
      if (size === null) throw this.dependsOnBatch()
      return size
    })
  }

  dependsOnBatch(): NablaError {
    return inexpressible(this, `${this.op.name} depends on the size of the batch`, {
      expected: "a computation that is the same for batches of all sizes",
      hint: "export with batchDim: null, for batches of the size of the example alone",
    })
  }
}

/** Sizes of batches that no network has for a dimension of its own, as far as one can tell; a second try if one does. */
const PROBES = [
  [37, 41, 43],
  [59, 61, 67],
]

/**
 * The batches to trace for. The example's own size is among them where it can be, since a function may treat small
 * batches differently (the shorter side of a matrix); a size of 1, or of another dimension, is a case of its own.
 */
function probesFor(examples: readonly Tensor[], batchDims: readonly (number | null)[]): readonly number[][] {
  const at = batchDims.findIndex((dim) => dim !== null)
  // Twice the same: what the forward makes anew each time, random numbers above all, must not look like a constant.
  if (at < 0) return [[0, 0]]
  const own = examples[at]!.shape[batchDims[at]!]!
  return own < 2 ? PROBES : [...PROBES.map((probes) => [...probes, own]), ...PROBES]
}

export interface Trace {
  /** Inputs before users. */
  readonly steps: readonly Step[]
  readonly inputs: readonly Step[]
  readonly outputs: readonly Step[]
}

interface Run {
  readonly order: readonly Node[]
  readonly places: ReadonlyMap<Node, number>
  readonly inputs: readonly Node[]
  readonly outputs: readonly Node[]
}

/**
 * Runs a function on inputs without values and gives the operations that it consists of.
 *
 * @param batchDims the dimension of each input that is the batch, null where there is none
 * @throws NABLA_ONNX_UNSUPPORTED when the graph is another one for another batch, or the function looks at values
 */
export function trace(
  f: (...inputs: Tensor[]) => readonly Tensor[],
  examples: readonly Tensor[],
  batchDims: readonly (number | null)[],
): Trace {
  for (const batches of probesFor(examples, batchDims)) {
    const runs = batches.map((batch) =>
      run(
        f,
        examples.map((t, i) =>
          placeholderNode(
            t.shape.map((size, dim) => (dim === batchDims[i] ? batch : size)),
            t.dtype,
          ),
        ),
      ),
    )
    if (runs.every((other) => alike(runs[0]!, other))) return joined(runs, batches)
  }
  throw new NablaError("NABLA_ONNX_UNSUPPORTED", {
    message: "the operations are other ones for a batch of another size",
    where: "exportOnnx",
    expected: "a forward that does the same for batches of all sizes",
    hint: "export with batchDim: null, for batches of the size of the example alone",
  })
}

function run(f: (...inputs: Tensor[]) => readonly Tensor[], inputs: readonly Node[]): Run {
  const outputs = forward(f, inputs).map(({ node }) => node)
  // An input that nothing depends on is one of the function all the same.
  const order = topologicalOrder([...inputs, ...outputs], (node) => node.pending)
  const places = new Map(order.map((node, i) => [node, i]))
  return { order, places, inputs, outputs }
}

function forward(f: (...inputs: Tensor[]) => readonly Tensor[], inputs: readonly Node[]): readonly Tensor[] {
  try {
    return f(...inputs.map((node) => new Tensor(node)))
  } catch (error) {
    if (!(error instanceof NablaError) || error.code !== "NABLA_PLACEHOLDER_VALUE") throw error
    throw new NablaError("NABLA_ONNX_UNSUPPORTED", {
      message: "the forward looks at the values of its input, so that there is no one graph",
      where: "exportOnnx",
      expected: "a forward whose operations are the same for all inputs",
      hint: "use where() in place of a branch on a value",
      cause: error,
    })
  }
}

const inputPlaces = ({ order, places }: Run, i: number): number[] =>
  order[i]!.pending ? order[i]!.inputs.map((input) => places.get(input)!) : []

/** Whether two graphs differ in nothing but sizes. */
function alike(a: Run, b: Run): boolean {
  if (a.order.length !== b.order.length || a.outputs.length !== b.outputs.length) return false
  const samePlace = (x: readonly Node[], y: readonly Node[]): boolean =>
    x.every((node, i) => a.places.get(node) === b.places.get(y[i]!))
  return (
    samePlace(a.outputs, b.outputs) &&
    samePlace(a.inputs, b.inputs) &&
    a.order.every(
      (node, i) => node.op === b.order[i]!.op && inputPlaces(a, i).join() === inputPlaces(b, i).join(),
    )
  )
}

function joined(runs: readonly Run[], batches: readonly number[]): Trace {
  const [first] = runs
  const steps: Step[] = []
  first!.order.forEach((_, i) => {
    const inputs = inputPlaces(first!, i).map((place) => steps[place]!)
    steps.push(
      new Step(
        runs.map(({ order }) => order[i]!),
        inputs,
        batches,
      ),
    )
  })
  const at = (nodes: readonly Node[]): Step[] => nodes.map((node) => steps[first!.places.get(node)!]!)
  return { steps, inputs: at(first!.inputs), outputs: at(first!.outputs) }
}
