import "../methods.ts"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { DType } from "../../base/index.ts"
import { Random } from "../../base/index.ts"
import * as nb from "../index.ts"

const { tensor } = nb

/** Numbers with many ties, some NaN, in random order. */
function draw(length: number, seed: number, dtype: DType): number[] {
  const random = new Random(seed)
  return Array.from({ length }, () => {
    const u = random.uniform()
    if (dtype !== "bool" && dtype !== "int32" && u < 0.1) return Number.NaN
    return dtype === "bool" ? Number(u < 0.5) : Math.floor(u * 9) - 4
  })
}

const rank = (x: number): number => (Number.isNaN(x) ? Infinity : x)

/** Array.prototype.sort is stable, as ours must be. */
function stableOrder(values: number[], descending: boolean): number[] {
  const sign = descending ? -1 : 1
  const order = values.map((_, i) => i)
  return order.sort((a, b) => {
    const [x, y] = [rank(values[a]!), rank(values[b]!)]
    return x === y ? 0 : sign * (x < y ? -1 : 1)
  })
}

describe.each(["reference", "wasm"] as const)("on %s", (device) => {
  beforeAll(() => {
    nb.setDefaultDevice(device)
    nb.setKernelChecks(true)
  })
  afterAll(() => nb.setDefaultDevice("wasm"))

  test.each(["float32", "float64", "int32", "bool"] as const)("argsort is stable: %s", (dtype) => {
    for (const length of [0, 1, 2, 7, 8, 9, 16, 17, 31, 64, 100, 257]) {
      const values = draw(length, length, dtype)
      for (const descending of [false, true]) {
        const got = nb.argsort(tensor(values, { shape: [length], dtype }), 0, { descending })
        expect([got.dtype, Array.from(got.dataSync())]).toEqual(["int32", stableOrder(values, descending)])
      }
    }
  })

  test("every dimension is sorted by itself", () => {
    const x = nb.randn([3, 11, 4])
    for (const dim of [0, 1, 2, -1]) {
      const [values, indices] = x.sort(dim)
      const lines = (t: nb.Tensor): nb.Tensor => nb.movedim(t, dim, 0)
      const length = values.shape.at(dim)!
      const steps = nb.diff(lines(values), { dim: 0 })
      expect(steps.numel() / (length - 1)).toBe(x.numel() / length)
      expect(nb.all(steps.ge(0)).itemSync()).toBe(1)
      expect(nb.equal(nb.takeAlongDim(x, indices, dim), values)).toBe(true)
    }
  })

  test("topk and kthvalue are parts of sort", () => {
    const x = nb.randn([4, 9])
    const [sorted, order] = x.sort(1, { descending: true })
    const [top, at] = x.topk(3)
    expect(nb.equal(top, nb.narrow(sorted, 1, 0, 3))).toBe(true)
    expect(nb.equal(at, nb.narrow(order, 1, 0, 3))).toBe(true)
    expect(nb.equal(x.kthvalue(2, 1)[0], nb.select(x.sort(1)[0], 1, 1))).toBe(true)
    expect(x.kthvalue(2, 0, { keepdim: true })[1].shape).toEqual([1, 9])
  })

  test("searchsorted counts the smaller (or not larger) elements", () => {
    const rows = nb.randint(0, 6, [3, 10]).sort(1)[0]
    const values = nb.randint(-1, 8, [3, 7])
    for (const right of [false, true]) {
      const smaller = (right ? nb.le : nb.lt)(nb.unsqueeze(rows, 2), nb.unsqueeze(values, 1))
      expect(nb.equal(nb.searchsorted(rows, values, { right }), nb.sum(smaller, 1))).toBe(true)
    }
    expect(nb.searchsorted(tensor([1, 2, 3]), Number.NaN).itemSync()).toBe(3)
  })

  test("bincount, histc and unique count every element once", () => {
    const x = nb.randint(0, 9, [200])
    const [values, inverse, counts] = nb.unique(x, { returnInverse: true, returnCounts: true })
    expect(nb.equal(nb.indexSelect(values!, 0, inverse!), x)).toBe(true)
    expect(nb.equal(nb.indexSelect(nb.bincount(x), 0, values!), counts!)).toBe(true)
    const histogram = nb.histc(x.to("float32"), { bins: 9, min: 0, max: 9 })
    expect(nb.equal(histogram.to("int32"), nb.bincount(x, { minlength: 9 }))).toBe(true)
    expect(
      nb
        .histc(nb.randn([500]))
        .sum()
        .itemSync(),
    ).toBe(500)
  })
})

test("unique treats slices as a whole, and every NaN by itself", () => {
  const x = tensor(
    [
      [1, 2],
      [0, 5],
      [1, 2],
      [0, 4],
    ],
    { dtype: "int32" },
  )
  expect(Array.from(nb.unique(x, { dim: 0 }).dataSync())).toEqual([0, 4, 0, 5, 1, 2])
  expect(nb.unique(x, { dim: 1 }).shape).toEqual([4, 2])
  expect(nb.unique(tensor([NaN, 1, NaN])).shape).toEqual([3])
  expect(Array.from(nb.uniqueConsecutive(tensor([2, 2, 1, 2])).dataSync())).toEqual([2, 1, 2])
})

test("the mode is the smallest of the most frequent values, at its last place", () => {
  const [value, index] = nb.mode(tensor([3, 1, 2, 1, 3, 5, 1, 3]))
  expect([value.itemSync(), index.itemSync()]).toEqual([1, 6])
})

test("sorted values have derivatives where they came from", () => {
  const x = tensor([0.3, -1.2, 0.8, 0.1], { dtype: "float64" })
  const weights = tensor([1, 10, 100, 1000], { dtype: "float64" })
  const slope = nb.grad((t: nb.Tensor) => t.sort()[0].mul(weights).sum())(x) as nb.Tensor
  expect(Array.from(slope.dataSync())).toEqual([100, 1, 1000, 10])
})

test.each([
  ["topk", () => nb.topk(nb.zeros([3]), 4), "NABLA_INDEX_OUT_OF_RANGE"],
  ["kthvalue", () => nb.kthvalue(nb.zeros([3]), 0), "NABLA_INDEX_OUT_OF_RANGE"],
  ["searchsorted", () => nb.searchsorted(nb.zeros([2, 3]), nb.zeros([3, 1])), "NABLA_SHAPE_MISMATCH"],
  ["bincount", () => nb.bincount(tensor([1, -1], { dtype: "int32" })), "NABLA_INVALID_ARGUMENT"],
  ["histc", () => nb.histc(nb.zeros([3]), { min: 2, max: 1 }), "NABLA_INVALID_ARGUMENT"],
  ["quantile", () => nb.quantile(nb.zeros([3]), 1.5), "NABLA_INVALID_ARGUMENT"],
  ["median", () => nb.median(nb.zeros([0])), "NABLA_EMPTY_DATA"],
  ["max", () => nb.max(nb.zeros([2, 0]), 1), "NABLA_EMPTY_DATA"],
  ["sort", () => nb.sort(nb.zeros([3]), 1), "NABLA_INVALID_DIM"],
])("%s refuses what does not fit", (_, f, code) => {
  expect(f).toThrow(expect.objectContaining({ code }))
})
