import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  compile,
  linalg,
  ones,
  randn,
  setDefaultDevice,
  setKernelChecks,
  tensor,
  vectorNorm,
} from "../../tensor/index.ts"
import * as nn from "../index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())
const close = (got: Tensor, want: Tensor, digits = 5): void => {
  expect(got.shape).toEqual(want.shape)
  const expected = values(want)
  for (const [i, value] of values(got).entries()) expect(value).toBeCloseTo(expected[i]!, digits)
}

describe("weightNorm", () => {
  test("changes nothing at first, and has PyTorch's keys and shapes", () => {
    const layer = nn.conv2d(2, 3, 2)
    const x = randn([1, 2, 4, 4])
    const before = layer.forward(x)
    expect(nn.weightNorm(layer)).toBe(layer)
    close(layer.forward(x), before)
    const shapes = layer.namedParameters().map(([name, { shape }]) => [name, shape])
    expect(Object.fromEntries(shapes)).toEqual({ bias: [3], weight_g: [3, 1, 1, 1], weight_v: [3, 2, 2, 2] })
  })

  test("g is the length of w, whatever v is, and both learn", () => {
    const layer = nn.weightNorm(nn.linear(3, 2, { bias: false }))
    layer.loadStateDict({ weight_g: tensor([[2], [5]]), weight_v: randn([2, 3]) })
    close(vectorNorm(layer.weight, { dim: 1 }), tensor([2, 5]))
    layer
      .forward(randn([4, 3]))
      .square()
      .sum()
      .backward()
    const [g, v] = layer.parameters()
    expect(g!.grad!.shape).toEqual([2, 1])
    // v is used by its direction alone: its gradient stands at right angles to it.
    close(v!.grad!.mul(v!).sum(1), tensor([0, 0]), 3)
  })

  test("with dim null there is one length", () => {
    const layer = nn.weightNorm(nn.linear(3, 2), { dim: null })
    expect(layer.stateDict().weight_g!.shape).toEqual([])
    const other = nn.weightNorm(nn.linear(3, 2), { dim: 1 })
    expect(other.stateDict().weight_g!.shape).toEqual([1, 3])
  })

  test("can be taken off, and keeps what was learned", () => {
    const layer = nn.weightNorm(nn.linear(3, 2))
    layer.loadStateDict({ weight_g: tensor([[2], [5]]) }, { strict: false })
    const { weight } = layer
    nn.removeWeightNorm(layer)
    expect(Object.keys(layer.stateDict()).sort()).toEqual(["bias", "weight"])
    expect(layer.weight).toBeInstanceOf(nn.Parameter)
    close(layer.weight, weight)
    expect(() => nn.removeWeightNorm(layer)).toThrow(/has no weightNorm/)
  })

  test("frozen weights stay frozen, and functionalCall reaches the parts", () => {
    const layer = nn.weightNorm(nn.linear(2, 1, { bias: false }).requiresGrad_(false))
    expect(layer.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false)
    const out = nn.functionalCall(
      layer,
      { weight_g: tensor([[10]]), weight_v: tensor([[3, 4]]) },
      ones([1, 2]),
    )
    expect(out.itemSync()).toBeCloseTo(14, 4)
  })

  test("says what it cannot do", () => {
    expect(() => nn.weightNorm(nn.relu())).toThrow(/ReLU has no parameter weight/)
    expect(() => nn.weightNorm(nn.weightNorm(nn.linear(1, 1)))).toThrow(/already has weightNorm/)
    expect(() => nn.weightNorm(nn.linear(1, 1), { dims: 0 } as object)).toThrow(/no such option/)
    expect(() => nn.removeSpectralNorm(nn.weightNorm(nn.linear(1, 1)))).toThrow(/has no spectralNorm/)
  })
})

describe("spectralNorm", () => {
  test("makes the largest singular value 1", () => {
    const layer = nn.spectralNorm(nn.linear(6, 4))
    const x = randn([2, 6])
    for (let i = 0; i < 60; i++) layer.forward(x).realize()
    expect(linalg.svdvals(layer.weight).amax().itemSync()).toBeCloseTo(1, 3)
    const shapes = Object.entries(layer.stateDict()).map(([name, { shape }]) => [name, shape])
    expect(Object.fromEntries(shapes)).toEqual({
      bias: [4],
      weight_orig: [4, 6],
      weight_u: [4],
      weight_v: [6],
    })
  })

  test("iterates in training and not in evaluation", () => {
    const layer = nn.spectralNorm(nn.linear(3, 3))
    const u = values(layer.stateDict().weight_u!)
    layer.eval().forward(ones([1, 3]))
    expect(values(layer.stateDict().weight_u!)).toEqual(u)
    layer.train().forward(ones([1, 3]))
    expect(values(layer.stateDict().weight_u!)).not.toEqual(u)
  })

  test("the formula of one step, with its gradient, is PyTorch's", () => {
    const layer = nn.spectralNorm(nn.linear(2, 2, { bias: false }))
    const orig = [
      [1, 2],
      [3, 4],
    ]
    layer.loadStateDict({ weight_orig: tensor(orig), weight_u: tensor([1, 0]), weight_v: tensor([0, 1]) })
    layer
      .forward(tensor([[1, -1]]))
      .sum()
      .backward()
    // v = (1, 2)/√5, u = Wv/|Wv| = (5, 11)/√146, σ = uᵀWv = √146/√5
    const sigma = Math.sqrt(146 / 5)
    close(layer.weight, tensor(orig).div(sigma), 4)
    const [u, v] = [
      [5 / Math.sqrt(146), 11 / Math.sqrt(146)],
      [1 / Math.sqrt(5), 2 / Math.sqrt(5)],
    ] as const
    const slope = (1 - 2 + 3 - 4) / sigma ** 2
    const expected = [0, 1].map((i) => [1, -1].map((x, j) => x / sigma - slope * u[i]! * v[j]!))
    close(layer.namedParameters()[0]![1].grad!, tensor(expected), 4)
  })

  test("works on transposed convolutions, where the outputs are in dimension 1", () => {
    const layer = nn.spectralNorm(nn.convTranspose2d(3, 5, 2))
    expect(layer.stateDict().weight_u!.shape).toEqual([5])
    expect(layer.stateDict().weight_v!.shape).toEqual([12])
    expect(layer.forward(ones([1, 3, 2, 2])).shape).toEqual([1, 5, 3, 3])
  })

  test("compiled training iterates as plain training does", () => {
    const x = randn([2, 4])
    const start = nn.spectralNorm(nn.linear(4, 4)).stateDict()
    const run = (wrap: (f: () => Tensor) => () => Tensor): number[] => {
      const layer = nn.spectralNorm(nn.linear(4, 4))
      layer.loadStateDict(start)
      const forward = wrap(() => layer.forward(x).sum())
      for (let i = 0; i < 4; i++) forward().itemSync()
      return values(layer.stateDict().weight_u!)
    }
    const [compiled, plain] = [run((f) => compile(f)), run((f) => f)]
    for (const [i, value] of compiled.entries()) expect(value).toBeCloseTo(plain[i]!, 5)
  })

  test("can be taken off", () => {
    const layer = nn.spectralNorm(nn.linear(3, 2))
    layer.forward(ones([1, 3]))
    const { weight } = layer
    nn.removeSpectralNorm(layer)
    close(layer.weight, weight)
    expect(Object.keys(layer.stateDict()).sort()).toEqual(["bias", "weight"])
    layer.forward(ones([1, 3]))
    close(layer.weight, weight)
  })
})

describe("weightStandardisation", () => {
  test("gives each output weights of mean 0 and variance 1", () => {
    const layer = nn.weightStandardisation(nn.conv2d(4, 3, 3))
    const rows = layer.weight.reshape([3, -1])
    close(rows.mean(1), tensor([0, 0, 0]), 4)
    close(rows.var(1, { correction: 0 }), tensor([1, 1, 1]), 1)
    expect(Object.keys(layer.stateDict()).sort()).toEqual(["bias", "weight_orig"])
    nn.removeWeightStandardisation(layer)
    close(layer.weight.reshape([3, -1]), rows)
  })
})
