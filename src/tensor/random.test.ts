import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { DType } from "../base/index.ts"
import { erf, lgamma, philox4x32 } from "../base/index.ts"
import type { RandomOptions, Tensor } from "./index.ts"
import * as n from "./index.ts"

beforeAll(() => n.setKernelChecks(true))
beforeEach(() => void n.manualSeed(7))
afterEach(() => n.setDefaultDevice("wasm"))

const { tensor } = n

type Draw = (options?: RandomOptions) => Tensor
const draws: readonly [string, Draw][] = [
  ["rand", (o) => n.rand([501], o)],
  ["randn", (o) => n.randn([501], o)],
  ["randint", (o) => n.randint(-5, 1000, [501], o)],
  ["uniform", (o) => n.uniform(-1, 2.3, [501], o)],
  ["normal", (o) => n.normal(tensor([0.3, -2]), 1.7, [250, 2], o)],
  ["exponential", (o) => n.exponential(0.7, [501], o)],
  ["gamma", (o) => n.gamma(tensor([0.2, 1, 7.5]), 1.3, [167, 3], o)],
  ["bernoulli", (o) => n.bernoulli(n.linspace(0, 1, 501), o)],
  ["bernoulliLike", (o) => n.bernoulliLike(n.zeros([501]), 0.3, o)],
  ["dropoutMask", (o) => n.dropoutMask([501], 0.3, o)],
  ["randperm", (o) => n.randperm(501, o)],
  ["multinomial", (o) => n.multinomial(n.linspace(0, 1, 50), 40, { generator: o?.generator })],
  [
    "multinomial with replacement",
    (o) => n.multinomial(n.linspace(0, 1, 50), 400, { replacement: true, generator: o?.generator }),
  ],
]

describe("the generator", () => {
  it.each(draws)("gives %s the same bits on every device", (_, draw) => {
    const results = (["reference", "wasm"] as const).map((device) => {
      n.setDefaultDevice(device)
      return draw({ generator: new n.Generator(42) }).dataSync()
    })
    expect(results[0]).toEqual(results[1])
  })

  it.each(draws.slice(0, 7))("gives %s the same bits in double precision", (_, draw) => {
    const results = (["reference", "wasm"] as const).map((device) => {
      n.setDefaultDevice(device)
      return draw({ generator: new n.Generator(42), dtype: "float64" }).dataSync()
    })
    expect(results[0]).toEqual(results[1])
  })

  it("is Philox 4×32-10 with the number of the call in the counter", () => {
    const generator = new n.Generator(2 ** 40 + 5)
    generator.bits([3])
    const words = [0, 1].flatMap((block) => philox4x32([block, 0, 1, 0], [5, 256]))
    const want = words.map((word) => (word >>> 8) * 2 ** -24)
    expect(n.rand([2, 3], { generator }).toArray()).toEqual([want.slice(0, 3), want.slice(3, 6)])
  })

  it("continues from its state, and starts anew from its seed", () => {
    const generator = new n.Generator(3)
    const first = n.rand([5], { generator }).dataSync()
    const { state } = generator
    const second = n.rand([5], { generator }).dataSync()
    expect(second).not.toEqual(first)
    generator.state = state
    expect(n.rand([5], { generator }).dataSync()).toEqual(second)
    expect(n.rand([5], { generator: generator.manualSeed(3) }).dataSync()).toEqual(first)
  })

  it("draws for each example of a batch, also in batches of batches, unless told otherwise", () => {
    const noisy = (x: Tensor): Tensor => x.add(n.rand([3]))
    const distinct = (t: unknown): number => new Set((t as Tensor).dataSync()).size
    expect(distinct(n.vmap(noisy)(n.zeros([4])))).toBe(12)
    expect(distinct(n.vmap(n.vmap(noisy))(n.zeros([2, 5])))).toBe(30)
    expect(distinct(n.vmap(noisy, { randomness: "same" })(n.zeros([4])))).toBe(3)
    const gamma = (x: Tensor): Tensor => n.gamma(x)
    expect(distinct(n.vmap(gamma)(n.ones([6])))).toBe(6)
  })
})

/** Kolmogorov–Smirnov statistic √n·sup|F̂ − F|: above 1.95 once in a thousand. */
function kolmogorov(sample: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort()
  const count = sorted.length
  let largest = 0
  sorted.forEach((x, i) => {
    const f = cdf(x)
    largest = Math.max(largest, Math.abs(f - i / count), Math.abs(f - (i + 1) / count))
  })
  return largest * Math.sqrt(count)
}

/** Regularised lower incomplete gamma function, by its series. */
function gammaCdf(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let k = 1; k < 1000 && term > sum * 1e-15; k++) sum += term *= x / (a + k)
  return x <= 0 ? 0 : Math.min(1, sum * Math.exp(a * Math.log(x) - x - lgamma(a)))
}

const COUNT = 40_000

describe("distributions", () => {
  const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2
  it.each<[string, (dtype: DType) => Tensor, (x: number) => number, number, number]>([
    ["rand", (dtype) => n.rand([COUNT], { dtype }), (x) => x, 1 / 2, 1 / 12],
    ["randn", (dtype) => n.randn([COUNT], { dtype }), normalCdf, 0, 1],
    ["uniform", (dtype) => n.uniform(-2, 4, [COUNT], { dtype }), (x) => (x + 2) / 6, 1, 3],
    ["normal", (dtype) => n.normal(3, 2, [COUNT], { dtype }), (x) => normalCdf((x - 3) / 2), 3, 4],
    [
      "exponential",
      (dtype) => n.exponential(4, [COUNT], { dtype }),
      (x) => 1 - Math.exp(-4 * x),
      1 / 4,
      1 / 16,
    ],
    ...[0.15, 0.9, 1, 2.5, 40].map(
      (a): [string, (dtype: DType) => Tensor, (x: number) => number, number, number] => [
        `gamma(${a})`,
        (dtype) => n.gamma(a, 2, [COUNT], { dtype }),
        (x) => gammaCdf(a, 2 * x),
        a / 2,
        a / 4,
      ],
    ),
  ])("%s", (_, draw, cdf, mean, variance) => {
    for (const dtype of ["float32", "float64"] as const) {
      const sample = Float64Array.from(draw(dtype).dataSync())
      expect(kolmogorov(sample, cdf)).toBeLessThan(1.95)
      const average = sample.reduce((a, b) => a + b, 0) / COUNT
      const spread = sample.reduce((a, b) => a + (b - average) ** 2, 0) / COUNT
      expect(Math.abs(average - mean)).toBeLessThan(4 * Math.sqrt(variance / COUNT))
      expect(Math.abs(spread / variance - 1)).toBeLessThan(0.1)
    }
  })

  /** Pearson's χ² of counts against expected ones, in standard deviations above its mean. */
  function excess(sample: ArrayLike<number>, probabilities: readonly number[]): number {
    const counts = probabilities.map(() => 0)
    for (let i = 0; i < sample.length; i++) counts[sample[i]!]!++
    const terms = probabilities.flatMap((p, i) =>
      p === 0 ? [] : [(counts[i]! - p * sample.length) ** 2 / (p * sample.length)],
    )
    expect(counts.every((count, i) => count === 0 || probabilities[i]! > 0)).toBe(true)
    const freedom = terms.length - 1
    return (terms.reduce((a, b) => a + b, 0) - freedom) / Math.sqrt(2 * freedom)
  }

  it("randint gives every number its share", () => {
    expect(excess(n.randint(0, 7, [COUNT]).dataSync(), new Array(7).fill(1 / 7))).toBeLessThan(4)
    expect(n.randint(-3, -2, [4]).toArray()).toEqual([-3, -3, -3, -3])
  })

  it("bernoulli and the dropout mask have their probability", () => {
    const p = n.full([COUNT], 0.3)
    for (const t of [n.bernoulli(p), n.bernoulliLike(p, 0.3), n.dropoutMask([COUNT], 0.7).mul(0.3)]) {
      expect(Math.abs(t.mean().itemSync() - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / COUNT))
    }
    expect(n.bernoulli(tensor([0, 1])).toArray()).toEqual([0, 1])
    expect(n.dropoutMask([2], 0).toArray()).toEqual([1, 1])
    expect(n.dropoutMask([2], 1).toArray()).toEqual([0, 0])
  })

  it("multinomial draws by weight", () => {
    const weights = [1, 0, 3, 4]
    const shares = weights.map((w) => w / 8)
    const many = n.multinomial(tensor(weights), COUNT, { replacement: true })
    expect(excess(many.dataSync(), shares)).toBeLessThan(4)
    const firsts = n.multinomial(n.ones([COUNT / 4, 1]).mul(tensor(weights)), 2)
    expect(firsts.shape).toEqual([COUNT / 4, 2])
    expect(excess(firsts.select(1, 0).dataSync(), shares)).toBeLessThan(4)
    // Without replacement: P(second = j) = Σᵢ pᵢ·pⱼ/(1 − pᵢ)
    const second = shares.map((p, j) =>
      shares.reduce((sum, q, i) => sum + (i === j ? 0 : (q * p) / (1 - q)), 0),
    )
    expect(excess(firsts.select(1, 1).dataSync(), second)).toBeLessThan(4)
  })

  it("randperm gives every order its share", () => {
    const ranks = new Map<string, number>()
    const perms = n.vmap(() => n.randperm(3))
    const rows = (perms(n.zeros([6000])) as Tensor).toArray() as number[][]
    for (const row of rows) ranks.set(row.join(), (ranks.get(row.join()) ?? 0) + 1)
    expect([...ranks.keys()].sort()).toEqual(["0,1,2", "0,2,1", "1,0,2", "1,2,0", "2,0,1", "2,1,0"])
    for (const count of ranks.values())
      expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt((1000 * 5) / 6))
    expect(Array.from(n.randperm(1000).dataSync()).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    )
  })

  it("passes derivatives to mean, std and rates", () => {
    const mean = tensor([1, 2], { requiresGrad: true })
    const std = tensor([0.5, 2], { requiresGrad: true })
    const sample = n.normal(mean, std)
    sample.sum().backward()
    expect(mean.grad!.toArray()).toEqual([1, 1])
    const z = sample.sub(mean).div(std).dataSync()
    expect(std.grad!.dataSync()[0]).toBeCloseTo(z[0]!, 5)
  })

  it.each<[string, () => unknown]>([
    ["randint", () => n.randint(3, 3, [1])],
    ["bernoulliLike", () => n.bernoulliLike(n.zeros([1]), 1.5)],
    ["multinomial", () => n.multinomial(tensor([1, 2]), 3)],
    ["a seed", () => n.manualSeed(-1)],
  ])("%s refuses what makes no sense", (_, f) => {
    expect(f).toThrow(expect.objectContaining({ code: "NABLA_INVALID_ARGUMENT" }))
  })
})
