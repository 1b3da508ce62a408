import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  arange,
  compile,
  Generator,
  grad,
  manualSeed,
  ones,
  randn,
  setDefaultDevice,
  setKernelChecks,
  tensor,
  zeros,
} from "../../tensor/index.ts"
import { orthogonal_ } from "../init/index.ts"
import { linear, sequential } from "../layers/index.ts"
import { crossEntropy } from "../losses/index.ts"
import {
  cutmix,
  elasticNetPenalty,
  l1Penalty,
  l2Penalty,
  maxNorm_,
  mixup,
  orthogonalityPenalty,
  smoothLabels,
} from "./index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => {
  setDefaultDevice("wasm")
  manualSeed(4)
})

const values = (t: Tensor): number[] => Array.from(t.dataSync())
const int = (list: number[]): Tensor => tensor(list, { dtype: "int32" })

describe("penalties", () => {
  const w = tensor([
    [3, -4],
    [0, 2],
  ])

  test("have their values and gradients", () => {
    expect(l1Penalty([w], 0.5).itemSync()).toBe(4.5)
    expect(l2Penalty([w], 0.5).itemSync()).toBe(0.25 * 29)
    expect(elasticNetPenalty([w], 2, { l1Ratio: 0.25 }).itemSync()).toBeCloseTo(
      2 * (0.25 * 9 + (0.75 / 2) * 29),
      5,
    )
    const slope = (f: (t: Tensor) => Tensor): number[] => values(grad(f)(w) as Tensor)
    expect(slope((t) => l1Penalty([t], 0.5))).toEqual([0.5, -0.5, 0, 0.5])
    expect(slope((t) => l2Penalty([t], 0.5))).toEqual([1.5, -2, 0, 1])
    expect(l2Penalty([w, w], tensor(2)).itemSync()).toBe(58)
  })

  test("take the weights of a model, or what a filter names", () => {
    const model = sequential(linear(2, 3), linear(3, 1))
    const weights = model.namedParameters().filter(([name]) => name.endsWith("weight"))
    const expected = weights.reduce((sum, [, p]) => sum + p.abs().sum().itemSync(), 0)
    expect(l1Penalty(model, 1).itemSync()).toBeCloseTo(expected, 5)
    const bias = model.stateDict()["1.bias"]!
    const filter = (path: string): boolean => path === "1.bias"
    expect(l1Penalty(model, 1, { filter }).itemSync()).toBeCloseTo(Math.abs(bias.itemSync()), 6)
    expect(() => l1Penalty(model, 1, { filter: () => false })).toThrow(/nothing to regularise/)
    expect(() => elasticNetPenalty(model, 1, { l1Ratio: 2 })).toThrow(/0 … 1/)
  })

  test("orthogonality is 0 for orthogonal weights, of either shape", () => {
    const tall = orthogonal_(zeros([6, 3]))
    const filters = orthogonal_(zeros([4, 2, 3, 3]))
    expect(orthogonalityPenalty([tall, filters], 1).itemSync()).toBeLessThan(1e-9)
    // Twice as long: G = 4·I, ‖3·I‖² = 9 for each row.
    expect(orthogonalityPenalty([tall.mul(2)], 1).itemSync()).toBeCloseTo(27, 4)
  })
})

describe("maxNorm_", () => {
  test("scales down the rows that are too long, in a compiled step too", () => {
    const model = linear(2, 3)
    const set = (): void =>
      void model.loadStateDict({
        weight: tensor([
          [3, 4],
          [0.3, 0.4],
          [0, 0],
        ]),
        bias: zeros([3]),
      })
    const expected = [0.6, 0.8, 0.3, 0.4, 0, 0]
    const step = compile(() => maxNorm_(model, 1))
    for (const constrain of [() => maxNorm_(model, 1), step, step, step]) {
      set()
      constrain()
      values(model.weight).forEach((v, i) => void expect(v).toBeCloseTo(expected[i]!, 6))
    }
    expect(model.weight.requiresGrad).toBe(true)
    expect(() => maxNorm_(model, 0)).toThrow(/> 0/)
  })
})

describe("smoothLabels", () => {
  test("spreads a share over all classes, as crossEntropy's option does", () => {
    const soft = smoothLabels(int([1, 0]), 0.2, { numClasses: 4 })
    values(soft).forEach(
      (v, i) => void expect(v).toBeCloseTo([0.05, 0.85, 0.05, 0.05, 0.85, 0.05, 0.05, 0.05][i]!, 6),
    )
    const logits = randn([2, 4])
    expect(crossEntropy(logits, soft).itemSync()).toBeCloseTo(
      crossEntropy(logits, int([1, 0]), { labelSmoothing: 0.2 }).itemSync(),
      5,
    )
    expect(() => smoothLabels(int([1]), 0.2)).toThrow(/numClasses/)
    expect(() => smoothLabels(int([1]), 2, { numClasses: 4 })).toThrow(/0 … 1/)
  })
})

describe("mixup", () => {
  const x = arange(8).to("float32").reshape([8, 1]).expand([8, 3])
  const labels = int([0, 1, 2, 3, 4, 5, 6, 7])

  test("mixes inputs and targets alike", () => {
    const [mixed, soft] = mixup(x, labels, { numClasses: 8, generator: new Generator(1) })
    // The input is the label, so the mixed input is the mean of the labels under the mixed target.
    const mean = soft.matmul(arange(8).to("float32").unsqueeze(1)).expand([8, 3])
    expect(mixed.sub(mean).abs().max().itemSync()).toBeLessThan(1e-5)
    values(soft.sum(1)).forEach((sum) => void expect(sum).toBeCloseTo(1, 6))
    expect(values(soft.gt(0).to("int32").sum(1)).every((n) => n === 1 || n === 2)).toBe(true)
  })

  test("has a share distributed as Beta(α, α)", () => {
    const two = tensor([0, 1]).unsqueeze(1)
    // Samples that keep their place show nothing of the share; with two, half of the batches swap.
    const shares = Array.from({ length: 200 }, (_, seed) => {
      const [mixed] = mixup(two, int([0, 1]), { numClasses: 2, alpha: 2, generator: new Generator(seed) })
      return values(mixed)[1]!
    }).filter((share) => share < 1)
    expect(shares.length).toBeGreaterThan(60)
    const mean = shares.reduce((a, b) => a + b, 0) / shares.length
    const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / shares.length
    // Beta(2, 2) has mean ½ and variance 1/20.
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(0.05 / shares.length))
    expect(variance).toBeGreaterThan(0.035)
    expect(variance).toBeLessThan(0.065)
  })

  test("is drawn from a seed, and anew in each call of a compiled step", () => {
    const draw = (): number[] => values(mixup(x, labels, { numClasses: 8, generator: new Generator(7) })[0])
    expect(draw()).toEqual(draw())
    const step = compile((input: Tensor) => mixup(input, labels, { numClasses: 8 })[0])
    expect(new Set([1, 2, 3, 4].map(() => values(step(x)).join())).size).toBe(4)
  })

  test("names what does not fit", () => {
    expect(() => mixup(x, int([1, 2]), { numClasses: 8 })).toThrow(/no batch together/)
    expect(() => mixup(x, labels)).toThrow(/numClasses/)
    expect(() => mixup(x, labels, { numClasses: 8, alpha: 0 })).toThrow(/alpha > 0/)
    expect(() => mixup(x, zeros([8]))).toThrow(/probabilities \[N, C\]/)
  })
})

describe("cutmix", () => {
  test("replaces a rectangle, and mixes targets by its area", () => {
    const images = arange(4).to("float32").reshape([4, 1, 1, 1]).expand([4, 2, 6, 8])
    let cut = 0
    for (let seed = 0; seed < 12; seed++) {
      const [mixed, soft] = cutmix(images, int([0, 1, 2, 3]), {
        numClasses: 4,
        generator: new Generator(seed),
      })
      // Each image is its label everywhere: the share of pixels of each label is its probability.
      for (let label = 0; label < 4; label++) {
        const area = mixed.eq(label).to("float32").mean([1, 2, 3])
        expect(area.sub(soft.select(1, label)).abs().max().itemSync()).toBeLessThan(1e-6)
      }
      // The replaced pixels are the same in all channels, and make a rectangle.
      const changed = mixed.ne(images).any(0)
      expect(values(changed.select(0, 0))).toEqual(values(changed.select(0, 1)))
      const plane = changed.select(0, 0).to("int32")
      const [rows, columns] = [plane.amax(1), plane.amax(0)]
      expect(values(rows.unsqueeze(1).mul(columns))).toEqual(values(plane))
      cut += plane.sum().itemSync()
    }
    expect(cut).toBeGreaterThan(0)
  })

  test("wants images", () => {
    expect(() => cutmix(ones([4, 8]), int([0, 1, 2, 3]), { numClasses: 4 })).toThrow(/\[N, C, H, W\]/)
  })
})
