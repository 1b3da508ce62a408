import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import type { IndexItem, Slice, Tensor } from "../index.ts"
import { arange, grad, index, indexPut, setKernelChecks, tensor, vmap, zeros } from "../index.ts"

beforeAll(() => setKernelChecks(true))

const int = (values: number[], shape: number[]): Tensor => tensor(values, { shape, dtype: "int32" })

/** An index item as plain data, from which both the tensor and the oracle are made. */
type Plain =
  | number
  | null
  | "..."
  | Slice
  | { readonly values: number[]; readonly shape: number[] }
  | { readonly mask: boolean[]; readonly shape: number[] }

function toItem(item: Plain): IndexItem {
  if (item === null || typeof item !== "object") return item
  if ("values" in item) return int(item.values, item.shape)
  return "mask" in item ? tensor(item.mask, { shape: item.shape }) : item
}

/** Every index vector of a shape, in row-major order. */
function* places(shape: readonly number[]): Generator<number[]> {
  if (shape.length === 0) yield []
  else for (let i = 0; i < shape[0]!; i++) for (const rest of places(shape.slice(1))) yield [i, ...rest]
}

const flat = (place: readonly number[], shape: readonly number[]): number =>
  place.reduce((at, i, dim) => at * shape[dim]! + i, 0)

/** How Python lists a slice. */
function positions(size: number, { start, stop, step }: Slice): number[] {
  const by = step ?? 1
  const clip = (i: number, low: number, high: number): number =>
    Math.min(Math.max(i < 0 ? i + size : i, low), high)
  const from =
    start === undefined || start === null
      ? by > 0
        ? 0
        : size - 1
      : by > 0
        ? clip(start, 0, size)
        : clip(start, -1, size - 1)
  const to =
    stop === undefined || stop === null
      ? by > 0
        ? size
        : -1
      : by > 0
        ? clip(stop, 0, size)
        : clip(stop, -1, size - 1)
  const out: number[] = []
  for (let i = from; by > 0 ? i < to : i > to; i += by) out.push(i)
  return out
}

interface Expected {
  readonly shape: number[]
  /** Flat position in the table of each element of the result. */
  readonly at: number[]
}

/** What NumPy's rules say, element by element. */
function oracle(table: readonly number[], items: readonly Plain[]): Expected {
  const used = items.reduce<number>((n, item) => {
    if (item === null || item === "...") return n
    return n + (typeof item === "object" && "mask" in item ? item.shape.length : 1)
  }, 0)
  const all = items.includes("...") ? items : [...items, "..." as const]
  type Axis = { size: number; pick: (i: number) => number | null; dim: number | null }
  const axes: (Axis | { lists: { dim: number; values: number[]; shape: number[] }[] })[] = []
  const fixed = new Map<number, number>()
  const wrap = (i: number, dim: number): number => (i < 0 ? i + table[dim]! : i)
  let dim = 0
  const sliceAxis = (list: number[]): Axis => ({ size: list.length, pick: (i) => list[i]!, dim: dim++ })
  for (const item of all) {
    if (item === null) axes.push({ size: 1, pick: () => null, dim: null })
    else if (item === "...")
      for (let n = table.length - used; n > 0; n--) axes.push(sliceAxis(positions(table[dim]!, {})))
    else if (typeof item === "number") fixed.set(dim, wrap(item, dim++))
    else if ("values" in item) {
      if (item.shape.length === 0) fixed.set(dim, wrap(item.values[0]!, dim++))
      else
        axes.push({ lists: [{ dim, values: item.values.map((i) => wrap(i, dim)), shape: item.shape }] }) &&
          dim++
    } else if ("mask" in item) {
      const found = [...places(item.shape)].filter((place) => item.mask[flat(place, item.shape)])
      axes.push({
        lists: item.shape.map((_, d) => ({
          dim: dim + d,
          values: found.map((p) => p[d]!),
          shape: [found.length],
        })),
      })
      dim += item.shape.length
    } else axes.push(sliceAxis(positions(table[dim]!, item)))
  }
  const lists = axes.flatMap((axis) => ("lists" in axis ? axis.lists : []))
  const rank = Math.max(0, ...lists.map(({ shape }) => shape.length))
  const block = Array.from({ length: rank }, (_, i) =>
    lists.map(({ shape }) => shape[shape.length - rank + i] ?? 1).reduce((a, b) => (a === 1 ? b : a), 1),
  )
  const where = axes.flatMap((axis, i) => ("lists" in axis ? [i] : []))
  const adjacent = where.length > 0 && where.at(-1)! - where[0]! === where.length - 1
  const blockAt = where.length === 0 ? -1 : adjacent ? axes.slice(0, where[0]).length : 0
  const plain = axes.filter((axis): axis is Axis => !("lists" in axis))
  const sizes = plain.map(({ size }) => size)
  const shape = blockAt < 0 ? sizes : [...sizes.slice(0, blockAt), ...block, ...sizes.slice(blockAt)]
  const at = [...places(shape)].map((place) => {
    const inner = blockAt < 0 ? [] : place.slice(blockAt, blockAt + rank)
    const outer = blockAt < 0 ? place : [...place.slice(0, blockAt), ...place.slice(blockAt + rank)]
    const target = table.map((_, d) => fixed.get(d) ?? 0)
    plain.forEach((axis, i) => {
      if (axis.dim !== null) target[axis.dim] = axis.pick(outer[i]!)!
    })
    for (const list of lists) {
      const own = list.shape.map((size, i) => (size === 1 ? 0 : inner[rank - list.shape.length + i]!))
      target[list.dim] = list.values[flat(own, list.shape)]!
    }
    return flat(target, table)
  })
  return { shape, at }
}

const range = (low: number, high: number): fc.Arbitrary<number> => fc.integer({ min: low, max: high })

function sliceArbitrary(): fc.Arbitrary<Slice> {
  const end = fc.option(range(-6, 6), { nil: undefined })
  const step = fc.oneof(fc.constant(undefined), range(1, 3), range(-3, -1))
  return fc.record({ start: end, stop: end, step })
}

function indexArbitrary(size: number, shapes: readonly (readonly number[])[]): fc.Arbitrary<Plain> {
  return fc.constantFrom(...shapes).chain((shape) => {
    const count = shape.reduce((n, s) => n * s, 1)
    return fc
      .array(range(-size, size - 1), { minLength: count, maxLength: count })
      .map((values) => ({ values, shape: [...shape] }))
  })
}

/** A table's shape and an index into it. */
const cases: fc.Arbitrary<{ table: number[]; items: Plain[] }> = fc
  .record({
    table: fc.array(range(1, 4), { minLength: 1, maxLength: 4 }),
    masked: fc.boolean(),
    skip: range(0, 4),
  })
  .chain(({ table, masked, skip }) => {
    const shapes = masked ? [[1], []] : [[2, 3], [3], [2, 1], [1], []]
    const items: fc.Arbitrary<Plain[]>[] = []
    let dim = 0
    const maskRank = Math.min(2, table.length)
    if (masked) {
      const shape = table.slice(0, maskRank)
      const count = shape.reduce((n, s) => n * s, 1)
      items.push(
        fc.array(fc.boolean(), { minLength: count, maxLength: count }).map((mask) => [{ mask, shape }]),
      )
      dim = maskRank
    }
    for (; dim < table.length; dim++) {
      const size = table[dim]!
      if (dim === skip) {
        items.push(fc.constant(["..." as const]))
        continue
      }
      const one = fc.oneof(range(-size, size - 1), sliceArbitrary(), indexArbitrary(size, shapes))
      items.push(fc.tuple(one, fc.boolean()).map(([item, extra]) => (extra ? [null, item] : [item])))
    }
    return fc.tuple(...items).map((parts) => ({ table, items: parts.flat() }))
  })

describe("index", () => {
  it("follows NumPy's rules for numbers, slices, new axes, index tensors and masks", () => {
    fc.assert(
      fc.property(cases, ({ table, items }) => {
        const x = arange(table.reduce((n, s) => n * s, 1)).reshape(table)
        const want = oracle(table, items)
        const got = index(x, ...items.map(toItem))
        expect(got.shape).toEqual(want.shape)
        expect(Array.from(got.dataSync())).toEqual(want.at)
      }),
      { numRuns: 400, seed: 1 },
    )
  })

  it("adds up the cotangents of what it picked", () => {
    fc.assert(
      fc.property(cases, ({ table, items }) => {
        const total = table.reduce((n, s) => n * s, 1)
        const { shape, at } = oracle(table, items)
        const weights = arange(1, at.length + 1)
          .reshape(shape)
          .float()
        const slope = grad((x: Tensor) =>
          x
            .index(...items.map(toItem))
            .mul(weights)
            .sum(),
        )
        const want = new Array<number>(total).fill(0)
        at.forEach((place, i) => {
          want[place]! += i + 1
        })
        expect(Array.from((slope(zeros(table)) as Tensor).dataSync())).toEqual(want)
      }),
      { numRuns: 150, seed: 2 },
    )
  })

  it("wraps negative indices that are computed later", () => {
    const later = tensor([0, 1, 2], { dtype: "int32" }).sub(2)
    expect(index(tensor([10, 20, 30]), later).toArray()).toEqual([20, 30, 10])
  })

  it("takes a different index for each example of a batch", () => {
    const pick = vmap((x: Tensor, i: Tensor) => x.index(i, { step: -1 }))
    const x = arange(12).reshape([2, 3, 2])
    expect((pick(x, int([2, 0], [2])) as Tensor).toArray()).toEqual([
      [5, 4],
      [7, 6],
    ])
  })

  it.each<[string, () => unknown, string, RegExp]>([
    ["a number", () => zeros([3]).index(3), "NABLA_INDEX_OUT_OF_RANGE", /index 3 .* size 3/],
    ["a number", () => zeros([3]).index(-4), "NABLA_INDEX_OUT_OF_RANGE", /-3 to 2/],
    [
      "an index tensor",
      () => zeros([3, 4]).index({}, int([0, 1, 2, 9], [2, 2])),
      "NABLA_INDEX_OUT_OF_RANGE",
      /\[1, 1\][\s\S]*got: +9/,
    ],
    ["too many", () => zeros([3]).index(0, 0), "NABLA_INVALID_ARGUMENT", /more indices/],
    ["two ellipses", () => zeros([3]).index("...", "..."), "NABLA_INVALID_ARGUMENT", /at most one/],
    ["a step of 0", () => zeros([3]).index({ step: 0 }), "NABLA_INVALID_ARGUMENT", /step other than 0/],
    ["a list", () => zeros([3]).index([0, 1] as unknown as number), "NABLA_INVALID_ARGUMENT", /tensor\(/],
    ["a float tensor", () => zeros([3]).index(tensor([0])), "NABLA_INVALID_DTYPE", /int32/],
    ["a mask of another size", () => zeros([3]).index(tensor([true])), "NABLA_SHAPE_MISMATCH", /mask/],
    [
      "a mask in a batch",
      () => vmap((x: Tensor) => x.index(x.gt(0)))(zeros([2, 3])),
      "NABLA_PLACEHOLDER_VALUE",
      /vmap/,
    ],
  ])("refuses %s", (_, f, code, message) => {
    expect(f).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
  })
})

describe("indexPut", () => {
  it("writes in order, so that the last value stays, or adds", () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ table, items }, accumulate) => {
        const total = table.reduce((n, s) => n * s, 1)
        const { shape, at } = oracle(table, items)
        const x = arange(total).reshape(table).float()
        const values = arange(100, 100 + at.length).reshape(shape)
        const want = Array.from({ length: total }, (_, i) => i)
        at.forEach((place, i) => {
          want[place] = 100 + i + (accumulate ? want[place]! : 0)
        })
        const got = indexPut(x, items.map(toItem), values, { accumulate })
        expect(Array.from(got.dataSync())).toEqual(want)
      }),
      { numRuns: 250, seed: 3 },
    )
  })

  it("gives the derivative to the value that stayed", () => {
    const at = int([1, 0, 1], [3])
    const slope = grad((v: Tensor) =>
      indexPut(zeros([2]), [at], v)
        .mul(tensor([2, 3]))
        .sum(),
    )
    expect((slope(tensor([5, 6, 7])) as Tensor).toArray()).toEqual([0, 2, 3])
  })

  it("broadcasts the values and fills masks without reading them", () => {
    expect(indexPut(zeros([2, 3]), [1], tensor([[7]])).toArray()).toEqual([
      [0, 0, 0],
      [7, 7, 7],
    ])
    const clip = vmap((x: Tensor) => indexPut(x, [x.lt(0)], 0))
    expect(
      (
        clip(
          tensor([
            [1, -1],
            [-2, 2],
          ]),
        ) as Tensor
      ).toArray(),
    ).toEqual([
      [1, 0],
      [0, 2],
    ])
  })

  it.each<[string, () => unknown, string]>([
    ["values that do not fit", () => indexPut(zeros([2, 3]), [1], tensor([1, 2])), "NABLA_SHAPE_MISMATCH"],
    ["floats into whole numbers", () => indexPut(int([1, 2], [2]), [0], 1.5), "NABLA_INVALID_DTYPE"],
  ])("refuses %s", (_, f, code) => {
    expect(f).toThrow(expect.objectContaining({ code }))
  })
})
