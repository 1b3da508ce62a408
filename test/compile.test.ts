import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import {
  compile,
  manualSeed,
  memory,
  nn,
  optim,
  rand,
  setDefaultDevice,
  setKernelChecks,
  type Tensor,
  tensor,
} from "../src/index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const model = (): nn.Sequential => {
  manualSeed(3)
  return nn.sequential(nn.linear(2, 8), nn.tanh(), nn.linear(8, 3))
}

const batches = (count: number, n = 6): [Tensor, Tensor][] =>
  Array.from({ length: count }, (_, b) => [
    tensor(
      Float32Array.from({ length: n * 2 }, (__, i) => Math.sin(b * 3 + i)),
      { shape: [n, 2] },
    ),
    tensor(
      Int32Array.from({ length: n }, (__, i) => (b + i) % 3),
      { shape: [n] },
    ),
  ])

type Step = (x: Tensor, y: Tensor) => Tensor

function trainer(make: (params: Tensor[]) => optim.Optimizer): { step: Step; net: nn.Sequential } {
  const net = model()
  const optimizer = make(net.parameters())
  const step = (x: Tensor, y: Tensor): Tensor => {
    const loss = nn.crossEntropy(net.forward(x), y)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    return loss
  }
  return { step, net }
}

const optimizers: [string, (params: Tensor[]) => optim.Optimizer][] = [
  ["SGD", (params) => optim.sgd(params, { lr: 0.1 })],
  ["momentum with dampening", (params) => optim.sgd(params, { lr: 0.1, momentum: 0.9, dampening: 0.2 })],
  ["Adam with a schedule", (params) => optim.adam(params, { lr: (step) => 0.05 / (1 + step) })],
]

describe("a compiled training step", () => {
  test("captures a batch of another size at its first call, with the bits of the plain step", () => {
    const make = (params: Tensor[]) => optim.adam(params, { lr: 0.05 })
    const [plain, fast] = [trainer(make), trainer(make)]
    let runs = 0
    const step = compile((x: Tensor, y: Tensor) => {
      runs++
      return fast.step(x, y)
    })
    const sizes = [6, 6, 6, 5, 5, 4, 6, 5]
    for (const n of sizes) {
      const [x, y] = batches(1, n)[0]!
      expect(step(x, y).itemSync()).toBe(plain.step(x, y).itemSync())
    }
    // Plainly once, then one capture for each size.
    expect(runs).toBe(1 + 3)
    expect(step.captures.length).toBe(3)
  })

  test.each(optimizers)("has the bits of the plain one: %s", (_, make) => {
    const plain = trainer(make)
    const fast = trainer(make)
    const step = compile(fast.step)
    for (const [x, y] of batches(12)) expect(step(x, y).itemSync()).toBe(plain.step(x, y).itemSync())
    const weights = (net: nn.Sequential): number[][] => net.parameters().map((p) => Array.from(p.dataSync()))
    expect(weights(fast.net)).toEqual(weights(plain.net))
    expect(step.captures).toHaveLength(1)
  })

  test("gets a program for each form of its arguments", () => {
    const plain = trainer(optimizers[2]![1])
    const fast = trainer(optimizers[2]![1])
    const step = compile(fast.step)
    const mixed = batches(12).map((batch, i) => (i % 3 === 2 ? batches(1, 4)[0]! : batch))
    for (const [x, y] of mixed) expect(step(x, y).itemSync()).toBe(plain.step(x, y).itemSync())
    expect(step.captures).toHaveLength(2)
  })

  test("leaves device memory flat and results readable", () => {
    const { step: plain } = trainer(optimizers[2]![1])
    const step = compile(plain)
    const losses = Array.from({ length: 30 }, (_, i) => step(...batches(1)[0]!) ?? i)
    expect(new Set(losses.map((loss) => loss.itemSync())).size).toBe(30)
    const { kernels, temporaryBytes, liveBytes, ratio } = step.memory()!
    expect(kernels).toBeGreaterThan(0)
    expect(temporaryBytes).toBe(ratio * liveBytes)
    expect(ratio).toBeLessThanOrEqual(1.3)
  })
})

describe("compile", () => {
  test("sees the present values of the tensors that it closes over", () => {
    const w = tensor([1, 2, 3]).requiresGrad_()
    const f = compile((x: Tensor) => x.mul(w).sum())
    const optimizer = optim.sgd([w], { lr: 1 })
    for (let i = 0; i < 5; i++) {
      expect(f(tensor([1, 1, 1])).itemSync()).toBe(6 - 3 * i)
      w.sum().backward()
      optimizer.step()
      optimizer.zeroGrad()
    }
  })

  test("draws new random numbers at each replay, the same as without it", () => {
    manualSeed(9)
    const want = Array.from({ length: 5 }, () => rand([3]).dataSync())
    manualSeed(9)
    const draw = compile(() => rand([3]))
    expect(Array.from({ length: 5 }, () => draw().dataSync())).toEqual(want)
  })

  test("takes plain arguments into account", () => {
    const f = compile((x: Tensor, { twice }: { twice: boolean }) => (twice ? x.mul(2) : x))
    for (let i = 0; i < 3; i++) {
      expect(f(tensor([3]), { twice: true }).itemSync()).toBe(6)
      expect(f(tensor([3]), { twice: false }).itemSync()).toBe(3)
    }
  })

  test("refuses to read a value", () => {
    const f = compile((x: Tensor) => (x.sum().itemSync() > 0 ? x : x.neg()))
    f(tensor([1]))
    expect(() => f(tensor([1]))).toThrow(/NABLA_CAPTURE/)
    // The failure leaves nothing behind.
    expect(tensor([2]).mul(3).itemSync()).toBe(6)
  })

  test("with check finds a branch that went the other way", () => {
    let sign = 1
    const f = compile((x: Tensor) => (sign > 0 ? x.exp() : x.neg()), { check: true })
    for (let i = 0; i < 3; i++) f(tensor([1]))
    sign = -1
    expect(() => f(tensor([1]))).toThrow(/something else/)
  })

  test("with check finds a number that went stale", () => {
    let factor = 3
    const f = compile((x: Tensor) => x.mul(factor), { check: true })
    for (let i = 0; i < 3; i++) expect(f(tensor([1])).itemSync()).toBe(3)
    factor = 4
    expect(() => f(tensor([1]))).toThrow(/not what it was/)
  })

  describe("with reuse", () => {
    const doubled = (x: Tensor): Tensor[] => [x.mul(2), x.add(1)]

    test("gives the memory of results back, and says so to whoever asks for them later", () => {
      const f = compile(doubled, { reuse: true })
      const x = tensor([1, 2, 3])
      f(x)
      const [first, read] = f(x)
      expect(read.toArray()).toEqual([2, 3, 4])
      const computed = first.add(1)
      const [second] = f(x)
      expect(() => first.dataSync()).toThrow(/reuse.*NABLA_STALE_VALUE/s)
      expect(computed.toArray()).toEqual([3, 5, 7])
      expect(second.toArray()).toEqual([2, 4, 6])
      expect(read.toArray()).toEqual([2, 3, 4])
      const { liveBytes } = memory()
      for (let i = 0; i < 30; i++) f(x)
      expect(memory().liveBytes).toBeLessThanOrEqual(liveBytes)
    })

    test("takes its own results as arguments", () => {
      const next = compile((x: Tensor) => x.mul(2).add(1), { reuse: true })
      let x = tensor([0, 1])
      for (let i = 0; i < 12; i++) x = next(x)
      expect(x.toArray()).toEqual([2 ** 12 - 1, 2 ** 13 - 1])
    })

    test("leaves alone what parameters have become", () => {
      const { step, net } = trainer((params) => optim.sgd(params, { lr: 0.1 }))
      const [weight] = net.parameters()
      const f = compile((x: Tensor, y: Tensor) => [step(x, y), weight!.mul(1), weight!], { reuse: true })
      for (const [x, y] of batches(6)) f(x, y)
      const seen = weight!.toArray() as number[][]
      expect(seen.flat().every(Number.isFinite)).toBe(true)
      expect(weight!.mul(1).toArray()).toEqual(seen)
    })
  })

  test("nests: a compiled function inside another one is part of it", () => {
    const inner = compile((x: Tensor) => x.mul(2))
    const outer = compile((x: Tensor) => inner(x).add(1))
    for (let i = 0; i < 4; i++) expect(outer(tensor([i])).itemSync()).toBe(2 * i + 1)
  })

  test("takes a leaf that it makes of an argument for what the argument is at each call", () => {
    const slope = compile((x: Tensor) => {
      const leaf = x.detach().requiresGrad_()
      leaf.square().sum().backward()
      return leaf.grad!
    })
    for (let i = 1; i < 5; i++) expect(slope(tensor([i, -i])).toArray()).toEqual([2 * i, -2 * i])
  })

  test("freezes a parameter for a part of a step, as the plain step does", () => {
    const steps = [true, false].map((captured) => {
      const weight = tensor([1, 2]).requiresGrad_()
      const optimizer = new optim.SGD([weight], { lr: 0.1 })
      const step = (x: Tensor): Tensor => {
        weight.requiresGrad = false
        const free = weight.mul(x).sum()
        weight.requiresGrad = true
        const loss = weight.mul(x).square().sum().add(free)
        optimizer.zeroGrad()
        loss.backward()
        optimizer.step()
        return loss
      }
      return captured ? compile(step) : step
    })
    for (let i = 1; i < 6; i++) {
      const [captured, plain] = steps.map((step) => step(tensor([1 / i, 1])).itemSync())
      expect(captured).toBe(plain)
    }
  })

  test("leaves what was made of a reused result to whoever reads it, and goes on", () => {
    const double = compile((x: Tensor) => x.mul(2), { reuse: true })
    const weight = tensor([1, 2]).requiresGrad_()
    const optimizer = new optim.SGD([weight], { lr: 0.1 })
    const results = [1, 2, 3, 4].map((value) => double(tensor([value, value])))
    const late = results[1]!.add(1).mul(3)
    weight.sum().backward()
    optimizer.step()
    expect(weight.toArray()).toEqual([1 - Math.fround(0.1), 2 - Math.fround(0.1)].map(Math.fround))
    expect(() => late.toArray()).toThrow(/NABLA_STALE_VALUE/)
  })

  test("follows an optimizer whose state is put back between two steps", () => {
    const optimizers: optim.Adam[] = []
    const { step, net } = trainer((params) => {
      optimizers.push(new optim.Adam(params, { lr: 0.05 }))
      return optimizers[0]!
    })
    const data = batches(6)
    const replayed = compile(step)
    for (const [x, y] of data.slice(0, 3)) replayed(x, y)
    const copy = (values: Record<string, unknown>): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          typeof value === "object" && value !== null && "clone" in value ? (value as Tensor).clone() : value,
        ]),
      )
    const { state, ...rest } = optimizers[0]!.stateDict()
    const kept = {
      ...rest,
      state: Object.fromEntries(Object.entries(state).map(([i, own]) => [i, copy(own)])),
    }
    const weights = copy(net.stateDict()) as Record<string, Tensor>
    const rest1 = data.slice(3).map(([x, y]) => replayed(x, y).itemSync())
    net.loadStateDict(weights)
    optimizers[0]!.loadStateDict(kept as optim.OptimizerState)
    expect(data.slice(3).map(([x, y]) => replayed(x, y).itemSync())).toEqual(rest1)
  })
})
