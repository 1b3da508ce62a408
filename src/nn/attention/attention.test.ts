import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  compile,
  full,
  gradcheck,
  manualSeed,
  ones,
  randn,
  setDefaultDevice,
  setKernelChecks,
  softmax,
  tensor,
  tril,
  zeros,
} from "../../tensor/index.ts"
import { normal_ } from "../init/index.ts"
import { MultiheadAttention, multiheadAttention } from "./index.ts"
import { scaledDotProductAttention } from "./scaled-dot-product.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => {
  setDefaultDevice("reference")
  manualSeed(2)
})

const f64 = { dtype: "float64" } as const
const values = (t: Tensor): number[] => Array.from(t.dataSync())

function expectSame(got: Tensor, expected: Tensor): void {
  expect(got.shape).toEqual(expected.shape)
  expect(got.sub(expected).abs().max().itemSync()).toBeLessThan(1e-12)
}

const random = (...shape: number[]): Tensor => randn(shape, f64)

describe("scaledDotProductAttention", () => {
  test("is the mean of the values, weighted by softmax of the scores", () => {
    const [q, k, v] = [random(2, 3, 4), random(2, 5, 4), random(2, 5, 6)]
    const weights = softmax(q.matmul(k.mT).div(2), -1)
    expectSame(scaledDotProductAttention(q, k, v), weights.matmul(v))
    expectSame(
      scaledDotProductAttention(q, k, v, { scale: 0 }),
      v.mean(1, { keepdim: true }).expand([2, 3, 6]),
    )
  })

  test("sees what a bool mask allows, and adds numbers to scores", () => {
    const [q, k, v] = [random(3, 4), random(5, 4), random(5, 4)]
    const allowed = tensor([
      [1, 0, 0, 0, 0],
      [1, 1, 0, 0, 1],
      [0, 0, 1, 1, 1],
    ]).to("bool")
    const got = scaledDotProductAttention(q, k, v, { attnMask: allowed })
    expectSame(got.select(0, 0), v.select(0, 0))
    const added = allowed.logicalNot().to("float64").mul(-1e9)
    expectSame(scaledDotProductAttention(q, k, v, { attnMask: added }), got)
  })

  test("is causal when asked: what comes later changes nothing", () => {
    const [q, k, v] = [random(4, 3), random(4, 3), random(4, 3)]
    const got = scaledDotProductAttention(q, k, v, { isCausal: true })
    const mask = tril(ones([4, 4])).to("bool")
    expectSame(got, scaledDotProductAttention(q, k, v, { attnMask: mask }))
    expectSame(
      got.narrow(0, 0, 2),
      scaledDotProductAttention(q.narrow(0, 0, 2), k.narrow(0, 0, 2), v.narrow(0, 0, 2), { isCausal: true }),
    )
  })

  test("drops weights and scales the others", () => {
    const v = ones([200, 1])
    const out = scaledDotProductAttention(zeros([50, 2]), zeros([200, 2]), v, { dropoutP: 0.5 })
    // Of 200 equal weights about half is left, doubled: 1 ± 5/√200.
    for (const x of values(out)) expect(Math.abs(x - 1)).toBeLessThan(5 / Math.sqrt(200))
    expect(new Set(values(out)).size).toBeGreaterThan(1)
  })

  test("has right derivatives, with masks too", () => {
    const f = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
      scaledDotProductAttention(q, k, v, { isCausal: true })
    expect(gradcheck(f as (...args: unknown[]) => unknown, [random(2, 3), random(2, 3), random(2, 2)])).toBe(
      true,
    )
  })

  test("names what does not fit", () => {
    const [q, k] = [zeros([2, 3, 4]), zeros([2, 5, 4])]
    expect(() => scaledDotProductAttention(q, zeros([2, 5, 3]), k)).toThrow(
      /\[\.\.\., L, E\][\s\S]*\[2, 5, 3\]/,
    )
    expect(() => scaledDotProductAttention(q, k, k, { attnMask: zeros([5, 3]) })).toThrow(/broadcast/)
    expect(() => scaledDotProductAttention(q, k, k, { attnMask: zeros([9, 2, 3, 5]) })).toThrow(/\[2, 3, 5\]/)
    expect(() => scaledDotProductAttention(q, k, k, { attnMask: zeros([3, 5], { dtype: "int32" }) })).toThrow(
      /to\("bool"\)/,
    )
  })
})

/** The definition, head by head, for one sample: query [L, E] … */
function byHand(layer: MultiheadAttention, query: Tensor, key: Tensor, value: Tensor): Tensor {
  const { embedDim, numHeads, inProjWeight, inProjBias, outProj } = layer
  const projected = [query, key, value].map((x, i) =>
    x
      .matmul(inProjWeight!.narrow(0, i * embedDim, embedDim).t())
      .add(inProjBias!.narrow(0, i * embedDim, embedDim)),
  )
  const size = embedDim / numHeads
  const heads = Array.from({ length: numHeads }, (_, h) => {
    const [q, k, v] = projected.map((x) => x.narrow(1, h * size, size))
    return softmax(q!.matmul(k!.t()).div(Math.sqrt(size)), -1).matmul(v!)
  })
  const joined = heads.map((head, h) => head.matmul(outProj.weight.narrow(1, h * size, size).t()))
  return joined.reduce((a, b) => a.add(b)).add(outProj.bias!)
}

const layerOf = (options: object = {}): MultiheadAttention => {
  const layer = multiheadAttention(6, 2, { ...f64, ...options })
  // Biases that are not 0 show whether they are in the right places.
  normal_(layer.inProjBias!)
  return layer
}

describe("MultiheadAttention", () => {
  test("is its definition, for self-attention, memory, and three different inputs", () => {
    const layer = layerOf()
    const [q, k, v] = [random(3, 6), random(5, 6), random(5, 6)]
    expectSame(layer.forward(q)[0], byHand(layer, q, q, q))
    expectSame(layer.forward(q, k)[0], byHand(layer, q, k, k))
    expectSame(layer.forward(q, k, v)[0], byHand(layer, q, k, v))
  })

  test("arranges batches first or second", () => {
    const second = layerOf()
    const first = layerOf({ batchFirst: true })
    first.loadStateDict(second.stateDict())
    const [q, k] = [random(3, 2, 6), random(5, 2, 6)]
    const [output, weights] = second.forward(q, k)
    const [expected, same] = first.forward(q.transpose(0, 1), k.transpose(0, 1))
    expectSame(output, expected.transpose(0, 1))
    expectSame(weights!, same!)
    expect(weights!.shape).toEqual([2, 3, 5])
    expectSame(weights!.sum(-1), ones([2, 3], f64))
    expectSame(output.select(1, 0), byHand(second, q.select(1, 0), k.select(1, 0), k.select(1, 0)))
  })

  test("gives weights when wanted, by heads when wanted", () => {
    const layer = layerOf()
    const x = random(4, 2, 6)
    expect(layer.forward(x, x, x, { needWeights: false })[1]).toBeNull()
    const [, each] = layer.forward(x, x, x, { averageAttnWeights: false })
    expect(each!.shape).toEqual([2, 2, 4, 4])
    expectSame(each!.mean(1), layer.forward(x)[1]!)
    expect(layer.forward(x.select(1, 0))[1]!.shape).toEqual([4, 4])
  })

  test("hides keys: those after a query, those of padding, or by heads", () => {
    const layer = layerOf({ batchFirst: true })
    const x = random(2, 4, 6)
    const [causal, weights] = layer.forward(x, x, x, { isCausal: true })
    const later = tril(ones([4, 4]))
      .to("bool")
      .logicalNot()
    expectSame(causal, layer.forward(x, x, x, { attnMask: later })[0])
    expectSame(causal, layer.forward(x, x, x, { attnMask: later.expand([4, 4, 4]) })[0])
    expect(values(weights!.mul(later.to("float64"))).every((w) => w === 0)).toBe(true)
    const padding = tensor([
      [0, 0, 0, 0],
      [0, 0, 1, 1],
    ]).to("bool")
    const [padded] = layer.forward(x, x, x, { keyPaddingMask: padding })
    const short = x.narrow(0, 1, 1).narrow(1, 0, 2)
    expectSame(padded.select(0, 1).narrow(0, 0, 2), layer.forward(short)[0].squeeze(0))
    const both = layer.forward(x, x, x, {
      keyPaddingMask: padding,
      attnMask: later.to("float64").mul(-1e9),
    })[0]
    expectSame(
      both.select(0, 1).narrow(0, 0, 2),
      layer.forward(short, short, short, { isCausal: true })[0].squeeze(0),
    )
  })

  test("adds keys that belong to no position, which masks do not hide", () => {
    const layer = layerOf({ addBiasKv: true, addZeroAttn: true })
    const x = random(3, 2, 6)
    const hidden = full([3, 3], true, { dtype: "bool" })
    const [output, weights] = layer.forward(x, x, x, { attnMask: hidden })
    expect(weights!.shape).toEqual([2, 3, 5])
    expect(values(weights!.narrow(2, 0, 3)).every((w) => w === 0)).toBe(true)
    expect(values(output).every(Number.isFinite)).toBe(true)
  })

  test("has PyTorch's names, shapes and laws", () => {
    const state = multiheadAttention(12, 4, { addBiasKv: true }).stateDict()
    expect(Object.keys(state).sort()).toEqual([
      "bias_k",
      "bias_v",
      "in_proj_bias",
      "in_proj_weight",
      "out_proj.bias",
      "out_proj.weight",
    ])
    const bound = Math.sqrt(6 / (12 + 36))
    const largest = state.in_proj_weight!.abs().max().itemSync()
    expect(largest).toBeLessThanOrEqual(bound)
    expect(largest).toBeGreaterThan(0.95 * bound)
    expect(values(state["out_proj.bias"]!)).toEqual(new Array(12).fill(0))
    const apart = multiheadAttention(4, 2, { kdim: 3, vdim: 5, bias: false }).stateDict()
    expect(Object.entries(apart).map(([name, t]) => [name, t.shape])).toEqual([
      ["q_proj_weight", [4, 4]],
      ["k_proj_weight", [4, 3]],
      ["v_proj_weight", [4, 5]],
      ["out_proj.weight", [4, 4]],
    ])
  })

  test("drops weights in training only, in a compiled step anew each time", () => {
    const layer = new MultiheadAttention(4, 2, { dropout: 0.5 })
    const x = randn([3, 2, 4])
    const run = compile((input: Tensor) => layer.forward(input)[0])
    const draws = [1, 2, 3].map(() => values(run(x)).join())
    expect(new Set(draws).size).toBe(3)
    layer.eval()
    expect(values(layer.forward(x)[0])).toEqual(values(layer.forward(x)[0]))
  })

  test("names what does not fit", () => {
    const layer = multiheadAttention(6, 2)
    expect(() => layer.forward(zeros([3, 2, 5]))).toThrow(
      /MultiheadAttention[\s\S]*\[L, N, 6\][\s\S]*\[3, 2, 5\]/,
    )
    expect(() => layer.forward(zeros([3, 2, 6]), zeros([4, 1, 6]))).toThrow(/do not fit/)
    expect(() => layer.forward(zeros([3, 2, 6]), zeros([4, 2, 6]), zeros([5, 2, 6]))).toThrow(/do not fit/)
    const x = zeros([3, 2, 6])
    expect(() => layer.forward(x, x, x, { attnMask: zeros([3, 4]) })).toThrow(
      /attnMask[\s\S]*\[3, 3\][\s\S]*\[3, 4\]/,
    )
    expect(() => layer.forward(x, x, x, { keyPaddingMask: zeros([3, 2]) })).toThrow(
      /keyPaddingMask[\s\S]*\[2, 3\]/,
    )
    expect(() => layer.forward(x, x, x, { mask: zeros([3, 3]) } as object)).toThrow(/attnMask[\s\S]*mask/)
    expect(() => multiheadAttention(6, 4)).toThrow(/divisible by 4/)
  })
})
