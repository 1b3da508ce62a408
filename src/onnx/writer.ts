import type { DType, TypedArray } from "../base/index.ts"
import { hostArray } from "../base/index.ts"
import type { OnnxAttributes, OnnxElement, OnnxNode, OnnxTensor } from "../io/index.ts"
import type { Size } from "./size.ts"
import { isKnown, sameSizes } from "./size.ts"

/**
 * A value of the ONNX graph. Its shape may be smaller than that of the tensor it stands for, when broadcasting makes
 * the one of the other: numbers and biases are never stretched out by themselves.
 */
export interface Value {
  readonly name: string
  readonly type: OnnxElement
  readonly shape: readonly Size[]
}

/** How a value came about by moving elements alone: chains of such steps are cut short. */
type Origin =
  | { readonly kind: "transpose"; readonly from: Value; readonly order: readonly number[] }
  | { readonly kind: "reshape"; readonly from: Value }

/** The size of the batch is read from this input, at this dimension. */
export interface BatchSource {
  readonly input: string
  readonly dim: number
}

/** Collects the nodes and initializers of an ONNX graph. */
export class GraphWriter {
  private readonly nodes: OnnxNode[] = []
  private readonly initializers: OnnxTensor[] = []
  private readonly constants = new Map<string, Value>()
  private readonly taken = new Set<string>()
  private readonly origins = new Map<string, Origin>()
  private readonly batch: BatchSource | null
  private batchName: string | null = null
  /** Path of the module whose operations are written, for their names. */
  place = ""

  constructor(batch: BatchSource | null) {
    this.batch = batch
  }

  /** A name that is not in use: the given one, or one with a number. */
  private free(wanted: string): string {
    let name = wanted
    for (let i = 1; this.taken.has(name); i++) name = `${wanted}_${i}`
    this.taken.add(name)
    return name
  }

  /** The value of a given name: an input or a parameter. */
  named(name: string, type: OnnxElement, shape: readonly Size[]): Value {
    return { name: this.free(name), type, shape }
  }

  initializer(name: string, data: TypedArray, type: OnnxElement, shape: readonly number[]): Value {
    const value = this.named(name, type, shape)
    // A copy: the bytes lie in the file later, and the array is somebody's parameter.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
    this.initializers.push({ name: value.name, type, shape, bytes })
    return value
  }

  /** An operation with one result. */
  emit(
    op: string,
    inputs: readonly (Value | string)[],
    result: { readonly type: OnnxElement; readonly shape: readonly Size[] },
    attributes: OnnxAttributes = {},
  ): Value {
    const name = this.free(this.place === "" ? op : `${this.place}/${op}`)
    const names = inputs.map((input) => (typeof input === "string" ? input : input.name))
    this.nodes.push({ name, op, inputs: names, outputs: [name], attributes })
    return { name, ...result }
  }

  /** An operation of which nothing but the second result is wanted. */
  emitSecond(
    op: string,
    inputs: readonly Value[],
    result: Omit<Value, "name">,
    attributes: OnnxAttributes,
  ): Value {
    const first = this.free(`${op}_unused`)
    const name = this.free(this.place === "" ? op : `${this.place}/${op}`)
    this.nodes.push({ name, op, inputs: inputs.map((it) => it.name), outputs: [first, name], attributes })
    return { name, ...result }
  }

  /** One number. */
  scalar(value: number, type: DType): Value {
    return this.constant(type, [value], [])
  }

  scalarInteger(value: number): Value {
    return this.constant("int64", [value], [])
  }

  /** Whole numbers as ONNX takes shapes and places. */
  integers(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.constant("int64", values, shape)
  }

  /** Numbers that belong to the computation; equal ones are there once. */
  constant(type: OnnxElement, values: ArrayLike<number>, shape: readonly number[]): Value {
    const list = Array.from(values)
    const text = list.map((value) => (Object.is(value, -0) ? "-0" : value)).join()
    const key = `${type}[${shape.join()}]${text}`
    const known = this.constants.get(key)
    if (known !== undefined) return known
    const name = this.free(shape.length === 0 ? `constant_${list[0]}` : "constant")
    const bytes = new Uint8Array(encode(type, list))
    this.initializers.push({ name, type, shape, bytes })
    const value = { name, type, shape }
    this.constants.set(key, value)
    return value
  }

  /** Sizes as a vector; those that follow the batch are computed when the model runs. */
  sizes(list: readonly Size[]): Value {
    if (list.every(isKnown)) return this.integers(list)
    const parts = list.map((size) => this.size(size))
    const vector = { type: "int64", shape: [list.length] } as const
    return parts.length === 1 ? parts[0]! : this.emit("Concat", parts, vector, { axis: 0 })
  }

  /** A number; one that follows the batch (a mean divides by its size) is computed when the model runs. */
  number(value: Size, type: DType): Value {
    return isKnown(value) ? this.scalar(value, type) : this.cast(this.reshape(this.sizes([value]), []), type)
  }

  /** One size as a vector of length 1. */
  private size(size: Size): Value {
    if (isKnown(size)) return this.integers([size])
    const one = { type: "int64", shape: [1] } as const
    let value: Value = { name: this.batchVector(), ...one }
    if (size.factor !== 1) value = this.emit("Mul", [value, this.integers([size.factor])], one)
    if (size.offset !== 0) value = this.emit("Add", [value, this.integers([size.offset])], one)
    return value
  }

  private batchVector(): string {
    const { input, dim } = this.batch!
    const range = { start: dim, end: dim + 1 }
    this.batchName ??= this.emit("Shape", [input], { type: "int64", shape: [1] }, range).name
    return this.batchName
  }

  reshape(value: Value, shape: readonly Size[]): Value {
    const before = this.origins.get(value.name)
    if (sameSizes(value.shape, shape)) return value
    if (before?.kind === "reshape") return this.reshape(before.from, shape)
    // One size that follows the batch is what is left over; a size of 0 would mean something else.
    const moving = shape.filter((size) => !isKnown(size)).length
    const plain = moving <= 1 && !shape.includes(0)
    const target = plain ? this.integers(shape.map((size) => (isKnown(size) ? size : -1))) : this.sizes(shape)
    const attributes: OnnxAttributes = plain ? {} : { allowzero: 1 }
    const out = this.emit("Reshape", [value, target], { type: value.type, shape }, attributes)
    this.origins.set(out.name, { kind: "reshape", from: value })
    return out
  }

  transpose(value: Value, order: readonly number[]): Value {
    const before = this.origins.get(value.name)
    if (order.every((dim, i) => dim === i)) return value
    if (before?.kind === "transpose") {
      return this.transpose(
        before.from,
        order.map((dim) => before.order[dim]!),
      )
    }
    const shape = order.map((dim) => value.shape[dim]!)
    const out = this.emit("Transpose", [value], { type: value.type, shape }, { perm: order })
    this.origins.set(out.name, { kind: "transpose", from: value, order })
    return out
  }

  /** Repeats along dimensions of size 1 and new leading ones. */
  expand(value: Value, shape: readonly Size[]): Value {
    if (sameSizes(value.shape, shape)) return value
    const offset = shape.length - value.shape.length
    // Where the size stays, 1 says so.
    const target = shape.map((size, i) => (i >= offset && value.shape[i - offset] !== 1 ? 1 : size))
    return this.emit("Expand", [value, this.sizes(target)], { type: value.type, shape })
  }

  cast(value: Value, type: OnnxElement): Value {
    if (value.type === type) return value
    return this.emit("Cast", [value], { type, shape: value.shape }, { to: castTargets[type] })
  }

  /** Gives a value the name of an output. */
  alias(value: Value, name: string): void {
    this.nodes.push({ name, op: "Identity", inputs: [value.name], outputs: [name], attributes: {} })
  }

  /** The nodes and initializers that `outputs` need. */
  finish(outputs: readonly string[]): { nodes: OnnxNode[]; initializers: OnnxTensor[] } {
    const needed = new Set(outputs)
    const nodes: OnnxNode[] = []
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some((name) => needed.has(name))) continue
      for (const input of node.inputs) needed.add(input)
      nodes.push(node)
    }
    return { nodes: nodes.reverse(), initializers: this.initializers.filter(({ name }) => needed.has(name)) }
  }
}

const castTargets: Readonly<Record<OnnxElement, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
}

function encode(type: OnnxElement, values: readonly number[]): ArrayBufferLike {
  if (type === "int64") return BigInt64Array.from(values, (value) => BigInt(value)).buffer
  const array = hostArray(type, values.length)
  array.set(values)
  return array.buffer
}
