import { beforeEach, describe, expect, test } from "vitest"
import { planCount } from "../../engine/index.ts"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { compile, noGrad, setDefaultDevice, tensor } from "../../tensor/index.ts"
import * as optim from "../index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const leaf = (data: number[]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true })
const values = (t: Tensor): number[] => Array.from(t.dataSync())
const loss = (p: Tensor): Tensor => p.pow(4).mul(0.25).add(p.mul(p)).sum()
const slope = (x: number): number => x ** 3 + 2 * x

function expectClose(got: readonly number[], want: readonly number[], digits = 12): void {
  for (const [i, x] of got.entries()) expect(x).toBeCloseTo(want[i]!, digits)
}

function closureOf(optimizer: optim.Optimizer, p: Tensor): () => Tensor {
  return () => {
    optimizer.zeroGrad()
    const value = loss(p)
    value.backward()
    return value
  }
}

describe("Lookahead", () => {
  test.each([1, 3])("follows its rule around SGD with momentum, k = %i", (k) => {
    const p = leaf([1, -2])
    const optimizer = optim.lookahead(optim.sgd([p], { lr: 0.05, momentum: 0.5 }), { k, alpha: 0.3 })
    let [fast, slow, b] = [
      [1, -2],
      [1, -2],
      [0, 0],
    ]
    for (let t = 1; t <= 10; t++) {
      optimizer.step(closureOf(optimizer, p))
      b = b.map((x, i) => 0.5 * x + slope(fast[i]!))
      fast = fast.map((x, i) => x - 0.05 * b[i]!)
      if (t % k === 0) fast = slow = slow.map((x, i) => x + 0.3 * (fast[i]! - x))
      expectClose(values(p), fast)
    }
  })

  test("goes on from its dictionary, and checks its options", () => {
    const make = (p: Tensor) => optim.lookahead(optim.adam([p], { lr: 0.1 }), { k: 3 })
    const [a, b] = [leaf([1, -2]), leaf([0, 0])]
    const [first, second] = [make(a), make(b)]
    for (let i = 0; i < 4; i++) first.step(closureOf(first, a))
    noGrad(() => b.copy_(a))
    second.loadStateDict(first.stateDict())
    for (let i = 0; i < 4; i++) {
      first.step(closureOf(first, a))
      second.step(closureOf(second, b))
    }
    expect(values(b)).toEqual(values(a))
    expect(() => optim.lookahead(optim.sgd([a]), { k: 0 })).toThrow(/k cannot be this[\s\S]*≥ 1/)
    expect(() => optim.lookahead(optim.sgd([a]), { alpha: 2 })).toThrow(/alpha/)
    expect(() => optim.lookahead(optim.sophia([a]))).toThrow(/Sophia, which needs a closure/)
  })
})

describe("SAM", () => {
  test.each([false, true])("takes the gradient up the slope, adaptive: %s", (adaptive) => {
    const p = leaf([1, -2])
    const optimizer = optim.sam(optim.sgd([p], { lr: 0.05, momentum: 0.5 }), { rho: 0.2, adaptive })
    let [at, b] = [
      [1, -2],
      [0, 0],
    ]
    for (let t = 0; t < 5; t++) {
      const result = optimizer.step(closureOf(optimizer, p))
      expect(result.itemSync()).toBeCloseTo(
        at.reduce((sum, x) => sum + x ** 4 / 4 + x * x, 0),
        10,
      )
      const scale = at.map((x) => (adaptive ? Math.abs(x) : 1))
      const norm = Math.hypot(...at.map((x, i) => scale[i]! * slope(x)))
      const up = at.map((x, i) => x + (0.2 * scale[i]! ** 2 * slope(x)) / norm)
      b = b.map((x, i) => 0.5 * x + slope(up[i]!))
      at = at.map((x, i) => x - 0.05 * b[i]!)
      expectClose(values(p), at)
      expect(p.requiresGrad).toBe(true)
    }
  })

  test("is one program, with or without capture", () => {
    const run = (captured: boolean): { end: number[]; plans: number } => {
      const p = leaf([1, -2])
      const optimizer = optim.sam(optim.adam([p], { lr: 0.1 }))
      const step = (): Tensor => optimizer.step(closureOf(optimizer, p))
      const taken = captured ? compile(step) : step
      taken().itemSync()
      taken().itemSync()
      const before = planCount()
      for (let i = 0; i < 5; i++) taken().itemSync()
      return { end: values(p), plans: planCount() - before }
    }
    const [plain, replayed] = [run(false), run(true)]
    expect(replayed.end).toEqual(plain.end)
    expect([plain.plans, replayed.plans]).toEqual([0, 0])
  })

  test("puts the parameters back when the closure fails", () => {
    const p = leaf([1, -2])
    const optimizer = optim.sam(optim.sgd([p]))
    let calls = 0
    const failing = (): Tensor => {
      if (++calls === 2) throw new Error("no")
      return closureOf(optimizer, p)()
    }
    expect(() => optimizer.step(failing)).toThrow("no")
    expect(values(p)).toEqual([1, -2])
    expect(() => optimizer.step()).toThrow(/SAM\.step[\s\S]*a closure/)
  })
})

describe("AveragedModel", () => {
  const make = (): nn.Linear => nn.linear(1, 2, { dtype: "float64" })

  function train(averaged: optim.AveragedModel<readonly [Tensor], Tensor>, layer: nn.Linear): number[][] {
    const rows: number[][] = []
    for (let i = 0; i < 4; i++) {
      layer.loadStateDict({ weight: tensor([i, 2 * i + 1], { shape: [2, 1] }), bias: tensor([i * i, 1]) })
      averaged.updateParameters()
      rows.push(values(averaged.module.stateDict().weight!))
    }
    return rows
  }

  test("averages all updates alike, or by a decay", () => {
    const layer = make()
    const equal = train(new optim.AveragedModel(layer), layer)
    for (const [i, row] of equal.entries()) expectClose(row, [i / 2, i + 1])
    const decayed = train(new optim.AveragedModel(layer, { decay: 0.9 }), layer)
    let want = [0, 1]
    for (const [i, row] of decayed.entries()) {
      if (i > 0) want = [0.9 * want[0]! + 0.1 * i, 0.9 * want[1]! + 0.1 * (2 * i + 1)]
      expectClose(row, want)
    }
  })

  test("computes with the averages and leaves the model as it is", () => {
    const layer = make()
    const averaged = new optim.AveragedModel(layer)
    train(averaged, layer)
    const x = tensor([[1]], { dtype: "float64" })
    expectClose(values(averaged.module.forward(x)), [1.5 + 3.5, 4 + 1])
    expectClose(values(layer.forward(x)), [3 + 9, 7 + 1])
    expect(layer.parameters().every(({ requiresGrad, isLeaf }) => requiresGrad && isLeaf)).toBe(true)
    expect(averaged.nAveraged).toBe(4)
  })

  test("goes on from its dictionary, follows a compiled step, and refuses other models", () => {
    const layer = make()
    const [first, second] = [new optim.AveragedModel(layer), new optim.AveragedModel(layer)]
    const update = compile(() => first.updateParameters())
    for (let i = 0; i < 5; i++) {
      noGrad(() => layer.weight.copy_(tensor([[i], [0]])))
      update()
      if (i === 2) second.loadStateDict(first.stateDict())
      if (i > 2) second.updateParameters()
    }
    expectClose(values(first.module.stateDict().weight!), [2, 0])
    expectClose(values(second.module.stateDict().weight!), [2, 0])
    expect(() => first.updateParameters(nn.sequential(layer))).toThrow(
      /weight, bias[\s\S]*0\.weight, 0\.bias/,
    )
    expect(() => new optim.AveragedModel(layer, { decay: 1 })).toThrow(/decay[\s\S]*< 1/)
    expect(() => new optim.AveragedModel({} as nn.Linear)).toThrow(/no model/)
  })
})
