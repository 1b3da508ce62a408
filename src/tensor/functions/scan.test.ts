import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as nb from "../index.ts"

const { tensor } = nb
const f64 = { dtype: "float64" } as const

describe.each(["reference", "wasm"] as const)("on %s", (device) => {
  beforeAll(() => {
    nb.setDefaultDevice(device)
    nb.setKernelChecks(true)
    nb.manualSeed(3)
  })
  afterAll(() => nb.setDefaultDevice("wasm"))

  test("differences undo running sums", () => {
    const x = nb.randn([3, 70, 2], f64)
    const back = nb.diff(nb.cumsum(x, 1), { dim: 1, prepend: nb.zeros([3, 1, 2], f64) })
    expect(nb.allclose(back, x, { atol: 1e-12 })).toBe(true)
    expect(nb.equal(nb.cumsum(nb.ones([5], { dtype: "bool" }), 0), nb.arange(1, 6))).toBe(true)
  })

  test("a long running sum keeps its digits", () => {
    const n = 300_000
    const sums = nb.cumsum(nb.full([n], 0.1), 0).dataSync()
    const step = Math.fround(0.1)
    for (const i of [99, 9_999, 123_456, n - 1]) expect(sums[i]! / (step * (i + 1))).toBeCloseTo(1, 6)
  })

  test("running products have derivatives at zeros", () => {
    const x = tensor([2, 0, 3, 0, 5], f64)
    const slope = nb.grad((t: nb.Tensor) => nb.cumprod(t, 0).sum())(x) as nb.Tensor
    // y = (a, ab, abc, …): only the terms without the second zero depend on the first one.
    expect(Array.from(slope.dataSync())).toEqual([1, 2 + 6, 0, 0, 0])
    const whole = nb.grad((t: nb.Tensor) => t.prod())(tensor([2, 0, 3], f64)) as nb.Tensor
    expect(Array.from(whole.dataSync())).toEqual([0, 6, 0])
    const second = nb.hessian((t: nb.Tensor) => t.prod())(tensor([2, 0, 0], f64)) as nb.Tensor
    expect(Array.from(second.dataSync())).toEqual([0, 0, 0, 0, 0, 2, 0, 2, 0])
  })

  test("running log-sums neither overflow nor lose small terms", () => {
    const x = tensor([-Infinity, -1000, -1001, 0, 1000, 999, Infinity, 3], f64)
    const got = Array.from(nb.logcumsumexp(x, 0).dataSync())
    const two = -1000 + Math.log1p(Math.exp(-1))
    const want = [-Infinity, -1000, two, 0, 1000, 1000 + Math.log1p(Math.exp(-1)), Infinity, Infinity]
    got.forEach((value, i) => {
      if (Number.isFinite(want[i]!)) expect(value).toBeCloseTo(want[i]!, 10)
      else expect(value).toBe(want[i])
    })
  })

  test.each([
    ["cumsum", (t: nb.Tensor) => nb.cumsum(t, 0)],
    ["cumprod", (t: nb.Tensor) => nb.cumprod(t, 1)],
    ["logcumsumexp", (t: nb.Tensor) => nb.logcumsumexp(t, 1)],
    ["cummax", (t: nb.Tensor) => nb.cummax(t, 1)[0]],
    ["prod", (t: nb.Tensor) => t.prod(0)],
    ["trapezoid", (t: nb.Tensor) => nb.trapezoid(t, tensor([0, 1, 1.5, 4], f64))],
  ] as const)("first and second derivatives of %s", (_, f) => {
    const x = nb.randn([3, 4], f64)
    expect(nb.gradcheck(f, [x])).toBe(true)
    const slope = (t: nb.Tensor): nb.Tensor => nb.grad((u: nb.Tensor) => f(u).mul(f(u)).sum())(t) as nb.Tensor
    expect(nb.gradcheck(slope, [x], { atol: 1e-4 })).toBe(true)
  })

  test("running extrema give the last of equal elements, and stay at NaN", () => {
    const [values, indices] = nb.cummax(tensor([1, 3, 2, 3, NaN, 5]), 0)
    expect(Array.from(values.dataSync())).toEqual([1, 3, 3, 3, NaN, NaN])
    expect(Array.from(indices.dataSync())).toEqual([0, 1, 1, 3, 4, 4])
    expect(Array.from(nb.cummin(tensor([3, 1, 2, 1]), 0)[1].dataSync())).toEqual([0, 1, 1, 3])
  })
})

test("scans of scalars and of nothing", () => {
  for (const scan of [nb.cumsum, nb.cumprod, nb.logcumsumexp]) {
    expect(scan(tensor(2), 0).itemSync()).toBe(2)
    expect(scan(nb.zeros([3, 0]), 1).shape).toEqual([3, 0])
  }
})
