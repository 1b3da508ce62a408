import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import { compile, Generator, setDefaultDevice, tensor } from "../../tensor/index.ts"
import * as optim from "../index.ts"

const { chain, transforms } = optim

beforeEach(() => setDefaultDevice("wasm"))

const leaf = (data: number[], shape = [data.length]): Tensor =>
  tensor(data, { dtype: "float64", shape, requiresGrad: true })
const values = (t: Tensor): number[] => Array.from(t.dataSync())

function expectClose(got: readonly number[], want: readonly number[], digits = 12): void {
  for (const [i, x] of got.entries()) expect(x).toBeCloseTo(want[i]!, digits)
}

/** Gives a parameter a gradient and takes a step. */
function push(optimizer: optim.Optimizer, ...pairs: [param: Tensor, slope: number[]][]): void {
  optimizer.zeroGrad()
  for (const [p, slope] of pairs)
    p.mul(tensor(slope, { dtype: "float64", shape: p.shape }))
      .sum()
      .backward()
  optimizer.step()
}

/** What a transform makes of gradients, for parameters with the given values. */
function outcome(
  transform: optim.GradientTransform,
  ...parts: { at: number[]; slope: number[]; shape?: number[] }[]
): number[][] {
  const params = parts.map(({ at, shape }) => leaf(at, shape))
  push(
    new optim.Composed(params, transform),
    ...parts.map(({ slope }, i): [Tensor, number[]] => [params[i]!, slope]),
  )
  return params.map((p, i) => values(p).map((x, j) => x - parts[i]!.at[j]!))
}

describe("transforms of one step", () => {
  test("clip, sign, scale, negate", () => {
    const part = { at: [0, 0, 0], slope: [3, -0.2, -5] }
    expectClose(outcome(transforms.clip(1), part)[0]!, [1, -0.2, -1])
    expectClose(outcome(transforms.sign(), part)[0]!, [1, -1, -1])
    expectClose(
      outcome(
        transforms.scale(() => 2),
        part,
      )[0]!,
      [6, -0.4, -10],
    )
    expectClose(outcome(transforms.negate(), part)[0]!, [-3, 0.2, 5])
  })

  test("clipping by the norm of all gradients together", () => {
    const parts = [
      { at: [0], slope: [3] },
      { at: [0], slope: [4] },
    ]
    expectClose(outcome(transforms.clipByGlobalNorm(1), ...parts).flat(), [0.6, 0.8], 6)
    expectClose(outcome(transforms.clipByGlobalNorm(10), ...parts).flat(), [3, 4])
  })

  test("adaptive clipping goes by units", () => {
    const [got] = outcome(transforms.adaptiveClip({ clipping: 0.1 }), {
      at: [3, 4, 0, 0],
      slope: [30, 40, 3, 4],
      shape: [2, 2],
    })
    // |θ| = 5 allows 0.5; the second row has only eps.
    expectClose(got!, [0.3, 0.4, 0.6e-4, 0.8e-4])
    expectClose(outcome(transforms.adaptiveClip(), { at: [300, 400], slope: [0.3, 0.4] })[0]!, [0.3, 0.4])
  })

  test("centralisation takes the mean of each output's slice", () => {
    const [got] = outcome(transforms.centralize(), { at: [0, 0, 0, 0], slope: [1, 3, -2, 6], shape: [2, 2] })
    expectClose(got!, [-1, 1, -4, 4])
    expectClose(outcome(transforms.centralize(), { at: [0, 0], slope: [1, 3] })[0]!, [1, 3])
  })

  test("weight decay and any transform can be for some parameters only", () => {
    const parts = [
      { at: [1, 1], slope: [0, 0] },
      { at: [1, 1], slope: [0, 0], shape: [1, 2] },
    ]
    const mask = (p: Tensor): boolean => p.ndim > 1
    expectClose(outcome(transforms.addDecayedWeights(0.5, { mask }), ...parts).flat(), [0, 0, 0.5, 0.5])
    const slopes = parts.map((part) => ({ ...part, slope: [2, -2] }))
    const masked = transforms.masked(transforms.scaleByAdam(), mask)
    expectClose(outcome(masked, ...slopes).flat(), [2, -2, 1, -1], 7)
  })

  test("decays with masks in optimizers", () => {
    const [w, b] = [leaf([1], [1, 1]), leaf([1])]
    push(optim.adamW([w, b], { lr: 0.1, weightDecay: 0.5, decayMask: (p) => p.ndim > 1 }), [w, [0]], [b, [0]])
    expect([values(w)[0], values(b)[0]]).toEqual([0.95, 1])
  })
})

describe("gradient noise", () => {
  test("has the variance η/(1 + t)^γ, and the same bits for the same seed", () => {
    const run = (): number[][] => {
      const p = leaf(Array(4000).fill(0))
      const noise = transforms.addNoise({ eta: 0.04, gamma: 1, generator: new Generator(7) })
      const optimizer = new optim.Composed([p], noise)
      return [1, 2].map(() => {
        const before = values(p)
        push(optimizer, [p, Array(4000).fill(0)])
        return values(p).map((x, i) => x - before[i]!)
      })
    }
    const [first, second] = run()
    const variance = (v: number[]): number => v.reduce((sum, x) => sum + x * x, 0) / v.length
    expect(Math.abs(variance(first!) / 0.04 - 1)).toBeLessThan(0.1)
    expect(Math.abs(variance(second!) / 0.02 - 1)).toBeLessThan(0.1)
    expect(run()[1]).toEqual(second)
  })
})

describe("accumulation", () => {
  const make = (p: Tensor, every: number): optim.Optimizer =>
    new optim.Composed(
      [p],
      transforms.accumulate(chain(transforms.scaleByAdam(), transforms.scaleByLearningRate()), every),
      { lr: 0.1 },
    )

  test("is a step with the mean of the gradients", () => {
    const [many, few] = [leaf([1, 2]), leaf([1, 2])]
    const [slow, fast] = [make(many, 3), optim.adam([few], { lr: 0.1 })]
    for (let i = 0; i < 9; i++) {
      const before = values(many)
      push(slow, [many, [i, -2 * i + 1]])
      if (i % 3 !== 2) expect(values(many)).toEqual(before)
      if (i % 3 === 2) push(fast, [few, [i - 1, -2 * (i - 1) + 1]])
    }
    expectClose(values(many), values(few))
  })

  test("is the same when the step is captured", () => {
    const run = (captured: boolean): number[] => {
      const p = leaf([1, 2])
      const optimizer = make(p, 2)
      const step = (): void => push(optimizer, [p, [1, -3]])
      const taken = captured ? compile(step) : step
      for (let i = 0; i < 7; i++) taken()
      return values(p)
    }
    expect(run(true)).toEqual(run(false))
  })
})

describe("clipping before a step", () => {
  const withSlopes = (...slopes: number[][]): Tensor[] =>
    slopes.map((slope) => {
      const p = leaf(slope.map(() => 0))
      p.mul(tensor(slope, { dtype: "float64" }))
        .sum()
        .backward()
      return p
    })
  const gradients = (params: Tensor[]): number[] => params.flatMap(({ grad }) => values(grad!))

  test.each<[number, number, number[]]>([
    [2, 5, [0.6, -0.8]],
    [1, 7, [3 / 7, -4 / 7]],
    [Infinity, 4, [0.75, -1]],
  ])("by the %f-norm", (normType, norm, want) => {
    const params = [...withSlopes([3], [-4]), leaf([1])]
    expect(optim.clipGradNorm_(params, 1, { normType }).itemSync()).toBeCloseTo(norm, 12)
    expectClose(gradients(params.slice(0, 2)), want, 6)
    expect(optim.clipGradNorm_(params, 100, { normType }).itemSync()).toBeCloseTo(1, 5)
    expectClose(gradients(params.slice(0, 2)), want, 6)
  })

  test("by value", () => {
    const params = withSlopes([3, -0.1], [-4])
    optim.clipGradValue_(params, 0.5)
    expect(gradients(params)).toEqual([0.5, -0.1, -0.5])
  })

  test("with nothing to clip, and with arguments that make no sense", () => {
    expect(optim.clipGradNorm_([leaf([1])], 1).itemSync()).toBe(0)
    const params = withSlopes([Number.NaN])
    expect(() => optim.clipGradNorm_(params, 1, { errorIfNonfinite: true })).toThrow(/not finite[\s\S]*NaN/)
    expect(() => optim.clipGradNorm_(params, -1)).toThrow(/maxNorm[\s\S]*-1/)
    expect(() => optim.clipGradNorm_(params, 1, { normType: 0 })).toThrow(/normType/)
    expect(() => optim.clipGradValue_(params, Number.NaN)).toThrow(/clipValue/)
    expect(() => optim.clipGradValue_(3 as unknown as Tensor, 1)).toThrow(/params/)
    expect(() => optim.clipGradNorm_([3 as unknown as Tensor], 1)).toThrow(/params\[0\]/)
  })
})
