import type { TypedArray } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { placeholderOp, sourceOp } from "../graph/index.ts"
import type { OnnxNode, OnnxTensor, OnnxValue } from "../io/index.ts"
import { Tensor } from "../tensor/index.ts"
import { inexpressible, moduleOf } from "./errors.ts"
import { rules } from "./rules/index.ts"
import { ramp } from "./rules/movement.ts"
import type { Emitter } from "./rules/rule.ts"
import { isKnown } from "./size.ts"
import type { Step, Trace } from "./trace.ts"
import type { BatchSource, Value } from "./writer.ts"
import { GraphWriter } from "./writer.ts"

/** What the sizes of inputs and outputs that follow the batch are called. */
const BATCH = "batch"

export interface WrittenGraph {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}

/** Writes the steps of a trace as a graph of ONNX, one after the other. */
export class Exporter implements Emitter {
  readonly write: GraphWriter
  private readonly trace: Trace
  private readonly values = new Map<Step, Value>()
  /** Names of parameters and buffers. */
  private readonly names: ReadonlyMap<Node, string>
  /** Steps that are the same whatever the inputs are, and for batches of all sizes. */
  private readonly fixed = new Set<Step>()

  constructor(trace: Trace, state: Readonly<Record<string, Tensor>>, batch: BatchSource | null) {
    this.trace = trace
    this.write = new GraphWriter(batch)
    // Of several names for one tensor the first is that of the file.
    const named = Object.entries(state).map(([name, { node }]) => [node, name] as const)
    this.names = new Map(named.reverse())
  }

  value(step: Step): Value {
    return this.values.get(step)!
  }

  full(step: Step): Value {
    return this.write.expand(this.value(step), step.shape)
  }

  async run(inputNames: readonly string[], outputNames: readonly string[]): Promise<WrittenGraph> {
    const { steps, inputs, outputs } = this.trace
    inputs.forEach((step, i) => {
      this.values.set(step, this.write.named(inputNames[i]!, step.dtype, step.shape))
    })
    // Outputs and parameters have their names for themselves.
    for (const name of outputNames) this.write.named(name, "float32", [])
    for (const step of steps) {
      this.write.place = moduleOf(step.nodes[0]!.origin)
      if (!this.values.has(step)) this.values.set(step, await this.written(step))
    }
    this.write.place = ""
    outputs.forEach((step, i) => this.write.alias(this.full(step), outputNames[i]!))
    return {
      ...this.write.finish(outputNames),
      inputs: inputs.map((step, i) => infoOf(step, inputNames[i]!)),
      outputs: outputs.map((step, i) => infoOf(step, outputNames[i]!)),
    }
  }

  private async written(step: Step): Promise<Value> {
    const [node] = step.nodes as [Node]
    if (!node.pending || node.op === sourceOp) return this.given(step)
    if (this.isFixed(step)) this.fixed.add(step)
    const value = rules.get(step.op)?.(step, this) ?? null
    if (value !== null) return value
    // What depends on weights alone (a decomposition of them, say) can be computed now.
    if (this.fixed.has(step)) return this.stored(await new Tensor(node).data(), step)
    throw inexpressible(step, `ONNX has no operation for ${step.op.name}`)
  }

  private isFixed(step: Step): boolean {
    const known = step.shape.every(isKnown) && step.inputs.every((input) => this.fixed.has(input))
    if (!known || step.op === placeholderOp) return false
    const [first, ...others] = step.nodes.map((node) => JSON.stringify(node.attrs))
    return others.every((other) => other === first)
  }

  /** A tensor that was not computed in the forward: a parameter, a buffer, a table. */
  private async given(step: Step): Promise<Value> {
    const [node, ...others] = step.nodes as [Node, ...Node[]]
    const data = await new Tensor(node).data()
    if (!step.shape.every(isKnown)) return this.counted(step, data, others)
    const again = await this.read(others.filter((other) => other !== node))
    if (again.some((list) => !data.every((value, i) => Object.is(value, list[i])))) {
      const size =
        data.length === 1 ? step.sizeOf([data, ...(await this.read(others))].map((it) => it[0]!)) : null
      if (size !== null) return this.write.number(size, step.dtype)
      throw inexpressible(step, "a value is another one each time: it is random, or follows the batch")
    }
    this.fixed.add(step)
    return this.stored(data, step)
  }

  private read(nodes: readonly Node[]): Promise<TypedArray[]> {
    return Promise.all(nodes.map((node) => new Tensor(node).data()))
  }

  /** A table that is as long as the batch: whole numbers at one distance (what `arange` gives) can be counted anew. */
  private async counted(step: Step, data: TypedArray, others: readonly Node[]): Promise<Value> {
    const [start, second] = data as unknown as [number, number]
    const by = second - start
    const even = (list: TypedArray): boolean => list.every((value, i) => value === start + by * i)
    const lists = [data, ...(await this.read(others))]
    const whole = Number.isInteger(start) && Number.isInteger(by) && by !== 0
    if (step.shape.length !== 1 || !whole || !lists.every(even)) throw step.dependsOnBatch()
    return this.write.cast(ramp(this, { size: step.shape[0]!, start, step: by }), step.dtype)
  }

  private stored(data: TypedArray, step: Step): Value {
    const name = this.names.get(step.nodes[0]!)
    if (name === undefined && data.length === 1) return this.write.constant(step.dtype, data, [])
    return this.write.initializer(name ?? "constant", data, step.dtype, step.shape as readonly number[])
  }
}

function infoOf(step: Step, name: string): OnnxValue {
  const shape = step.shape.map((size) => {
    if (isKnown(size)) return size
    const times = size.factor === 1 ? BATCH : `${size.factor}*${BATCH}`
    return size.offset === 0 ? times : `${times}${size.offset > 0 ? "+" : ""}${size.offset}`
  })
  return { name, type: step.dtype, shape }
}
