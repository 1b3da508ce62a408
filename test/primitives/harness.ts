import { expect } from "vitest"
import { pullback, pushforward, vectorize } from "../../src/autodiff/index.ts"
import type { DType, TypedArray } from "../../src/base/index.ts"
import { hostArray, isFloating, numel, Random } from "../../src/base/index.ts"
import type { DeviceName } from "../../src/engine/index.ts"
import { fromHost, readSync, setDefaultDevice } from "../../src/engine/index.ts"
import type { Node } from "../../src/graph/index.ts"
import { aliasNode, makeNode, placeholderNode } from "../../src/graph/index.ts"
import type { Primitive } from "../../src/ops/index.ts"
import * as ops from "../../src/ops/index.ts"

/** How the elements of an argument are drawn. */
export interface Argument {
  readonly shape: readonly number[]
  /** Absent: the floating type under test. */
  readonly dtype?: DType
  /** A number in the range, from a uniform one in [0, 1). */
  readonly draw?: (u: number) => number
}

/** One use of a primitive: arguments and attributes that it is tested with. */
export interface Example {
  readonly op: Primitive
  readonly attrs: object | ((dtype: DType) => object)
  readonly inputs: readonly Argument[]
  /** How the primitive is used where its arguments depend on each other; default: on the inputs as they are. */
  readonly build?: (inputs: readonly Node[]) => Node
  /** The value is a step function, or random: there is no derivative to compare. */
  readonly flat?: boolean
  /** float64 exactly, float32 to this relative tolerance (default 2e-5). */
  readonly tolerance?: number
  readonly note?: string
}

export type Values = readonly TypedArray[]

export function draw(example: Example, dtype: DType, seed: number): Values {
  const random = new Random(seed)
  return example.inputs.map(({ shape, dtype: own, draw: map }) => {
    const data = hostArray(own ?? dtype, numel(shape))
    for (let i = 0; i < data.length; i++) data[i] = (map ?? ((u) => 4 * u - 2))(random.uniform())
    return data
  })
}

export function nodes(example: Example, dtype: DType, values: Values): Node[] {
  return example.inputs.map(({ shape, dtype: own }, i) => fromHost(values[i]!, shape, own ?? dtype))
}

export function apply(example: Example, dtype: DType, inputs: readonly Node[]): Node {
  if (example.build !== undefined) return example.build(inputs)
  const attrs =
    typeof example.attrs === "function" ? (example.attrs as (dtype: DType) => object)(dtype) : example.attrs
  return makeNode(example.op, inputs, attrs)
}

export function on<T>(device: DeviceName, f: () => T): T {
  setDefaultDevice(device)
  try {
    return f()
  } finally {
    setDefaultDevice("wasm")
  }
}

export function expectClose(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  rtol: number,
  atol: number,
): void {
  expect(got.length).toBe(want.length)
  let scale = 0
  for (let i = 0; i < want.length; i++)
    if (Number.isFinite(want[i]!)) scale = Math.max(scale, Math.abs(want[i]!))
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i]!, want[i]!]
    if (Object.is(a, b) || a === b) continue
    const error = Math.abs(a - b)
    if (!(error <= atol * Math.max(scale, 1) + rtol * Math.abs(b))) {
      expect.fail(`element ${i}: got ${a}, want ${b} (of ${Array.from(want).slice(0, 6).join(", ")} …)`)
    }
  }
}

/** Indices of the arguments that have derivatives. */
export function smoothInputs(example: Example): number[] {
  return example.inputs.flatMap(({ dtype }, i) => (dtype === undefined || isFloating(dtype) ? [i] : []))
}

export interface Linearized {
  readonly inputs: readonly Node[]
  readonly sources: readonly Node[]
  readonly output: Node
}

/** The example on stand-ins of its arguments, in double precision. */
export function linearize(example: Example, values: Values): Linearized {
  const smooth = smoothInputs(example)
  const inputs = nodes(example, "float64", values).map((node, i) =>
    smooth.includes(i) ? aliasNode(node) : node,
  )
  return { inputs, sources: smooth.map((i) => inputs[i]!), output: apply(example, "float64", inputs) }
}

export function randomLike(node: Node, seed: number): Float64Array {
  const random = new Random(seed)
  return Float64Array.from({ length: node.aval.size }, () => 2 * random.uniform() - 1)
}

export const f64 = (data: Float64Array, like: Node): Node => fromHost(data, like.shape, "float64")

export function jvpOf({ output, sources }: Linearized, tangents: readonly Node[]): Node {
  return pushforward([output], sources, tangents)[0] ?? ops.constantLike(output, 0)
}

export function vjpOf({ output, sources }: Linearized, cotangent: Node): Node[] {
  return pullback([output], [cotangent], sources).map((part, i) => part ?? ops.constantLike(sources[i]!, 0))
}

export const inner = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** The values with the smooth arguments moved along directions. */
export function moved(
  example: Example,
  values: Values,
  directions: readonly Float64Array[],
  step: number,
): Values {
  const smooth = smoothInputs(example)
  return values.map((value, i) => {
    const at = smooth.indexOf(i)
    return at < 0 ? value : Float64Array.from(value, (x, j) => x + step * directions[at]![j]!)
  })
}

/** The example on a batch of three, by the vmap rule, and the same by a loop. */
export function batchedAgainstLoop(
  example: Example,
  batched: readonly boolean[],
  seed: number,
): [TypedArray, TypedArray] {
  const draws = [0, 1, 2].map((i) => draw(example, "float64", seed + i))
  const single = nodes(example, "float64", draws[0]!)
  const stands: Node[] = []
  const batches: Node[] = []
  const inputs = single.map((node, i) => {
    if (!batched[i]) return node
    const stand = placeholderNode(node.shape, node.aval.dtype)
    stands.push(stand)
    const rows = draws.map((values) => fromHost(values[i]!, [1, ...node.shape], node.aval.dtype))
    batches.push(ops.cat(rows, 0))
    return stand
  })
  const [whole] = vectorize([apply(example, "float64", inputs)], stands, batches, 3)
  const each = draws.map((values) => {
    const mixed = values.map((value, i) => (batched[i] ? value : draws[0]![i]!))
    return readSync(apply(example, "float64", nodes(example, "float64", mixed)))
  })
  const joined = Float64Array.from(each.flatMap((part) => Array.from(part)))
  return [readSync(whole!), joined]
}
