import type { Shape } from "../base/index.ts"
import type { Node, Op } from "../graph/index.ts"
import { aliasOp, aval, makeNode, placeholderOp, sourceOp } from "../graph/index.ts"
import type { ArithmeticOp, KernelBuilder, Value } from "../kernel/index.ts"
import { flattenIndex, Index } from "../kernel/index.ts"
import { expand, withBatch } from "./broadcast.ts"
import type { NoAttrs, Primitive } from "./record.ts"
import { erase } from "./record.ts"

/** The row-major position among the given dimensions, as int32. */
export interface IotaAttrs {
  readonly shape: Shape
  readonly dims: readonly number[]
}

export const iotaOp: Primitive<IotaAttrs> = {
  name: "iota",
  key: ({ shape, dims }) => `${shape.join(",")}|${dims.join(",")}`,
  shape: (_, { shape }) => aval(shape, "int32"),
  jvp: () => null,
  vjp: () => [],
  vmap: (_, __, size, { shape, dims }) => expand(iota(shape, dims), [size, ...shape]),
  lower: {
    kind: "pointwise",
    cost: 1,
    elementwise: false,
    value: ({ b, attrs: { shape, dims } }, index) =>
      b.indexValue(
        flattenIndex(
          dims.map((dim) => index[dim]!),
          dims.map((dim) => shape[dim]!),
        ),
      ),
  },
}

export function iota(shape: Shape, dims: readonly number[]): Node {
  return makeNode(iotaOp, [], { shape, dims })
}

/** `batch` leading dimensions are those of a batch, each example of which has a key, counter and stream of its own. */
export interface RandomBitsAttrs {
  readonly shape: Shape
  readonly batch: number
}

/**
 * 32 random bits for each element: Philox 4×32-10 (Salmon et al. 2011). Inputs, all int32: key (2 words), counter (the
 * upper 2 words of the counter) and stream (its second word, one number). The lowest word is the position: element i is
 * word i mod 4 of block ⌊i/4⌋, so that the bits depend neither on the device nor on the number of threads.
 */
export const randomBitsOp: Primitive<RandomBitsAttrs> = {
  name: "randomBits",
  key: ({ shape, batch }) => `${shape.join(",")}|${batch}`,
  shape: (_, { shape }) => aval(shape, "int32"),
  jvp: () => null,
  vjp: () => [null, null, null],
  vmap: (inputs, batched, size, { shape, batch }) =>
    makeNode(
      randomBitsOp,
      inputs.map((input, i) => withBatch(input, batched[i]!, size)),
      { shape: [size, ...shape], batch: batch + 1 },
    ),
  lower: {
    kind: "pointwise",
    cost: 60,
    elementwise: false,
    value: (pull, index) => {
      const { b } = pull
      const { batch } = pull.attrs
      const example = index.slice(0, batch)
      const flat = flattenIndex(index.slice(batch), pull.output.shape.slice(batch))
      const pair = (i: number): Value[] =>
        [0, 1].map((word) => pull.input(i, [...example, Index.constant(word)]))
      const counter = [b.indexValue(flat.div(4)), pull.input(2, example), ...pair(1)]
      const words = philox(b, counter, pair(0))
      const word = b.indexValue(flat.mod(4))
      const pick = (i: number, yes: Value, no: Value): Value =>
        b.select(b.compare("eq", word, b.constant("i32", i)), yes, no)
      return pick(0, words[0]!, pick(1, words[1]!, pick(2, words[2]!, words[3]!)))
    },
  },
}

function philox(b: KernelBuilder, counter: readonly Value[], key: readonly Value[]): Value[] {
  const word = (value: number): Value => b.constant("i32", value)
  const op = (name: ArithmeticOp, x: Value, y: Value): Value => b.binary(name, x, y)
  let [c0, c1, c2, c3] = counter as [Value, Value, Value, Value]
  let [k0, k1] = key as [Value, Value]
  for (let round = 0; round < 10; round++) {
    if (round > 0) {
      k0 = op("add", k0, word(0x9e3779b9))
      k1 = op("add", k1, word(0xbb67ae85))
    }
    const low0 = op("mul", c0, word(0xd2511f53))
    const high0 = op("mulhu", c0, word(0xd2511f53))
    const low1 = op("mul", c2, word(0xcd9e8d57))
    const high1 = op("mulhu", c2, word(0xcd9e8d57))
    const next0 = op("xor", op("xor", high1, c1), k0)
    const next2 = op("xor", op("xor", high0, c3), k1)
    c0 = next0
    c1 = low1
    c2 = next2
    c3 = low0
  }
  return [c0, c1, c2, c3]
}

export function randomBits(key: Node, counter: Node, stream: Node, shape: Shape): Node {
  return makeNode(randomBitsOp, [key, counter, stream], { shape, batch: 0 })
}

const given = { kind: "given" } as const

/** Records of the nodes that the graph itself makes. */
const sourceRecord: Primitive<NoAttrs> = {
  name: "source",
  key: () => "",
  shape: ([type]) => type!,
  jvp: () => null,
  vjp: () => [],
  vmap: ([x], batched, size) => withBatch(x!, batched[0]!, size),
  lower: given,
}

const aliasRecord: Primitive<NoAttrs> = {
  ...sourceRecord,
  name: "alias",
  jvp: ([t]) => t!,
  vjp: (ct) => [ct],
  vmap: ([x]) => x!,
  lower: { kind: "view", index: (index) => [...index] },
}

const placeholderRecord: Primitive<NoAttrs> = { ...sourceRecord, name: "placeholder" }

const graphRecords = new Map<Op, Primitive>([
  [sourceOp, erase(sourceRecord)],
  [aliasOp, erase(aliasRecord)],
  [placeholderOp, erase(placeholderRecord)],
])

/** The full record of a node's operation. */
export function primitiveOf(node: Node): Primitive {
  return graphRecords.get(node.op) ?? (node.op as Primitive)
}
