import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import { compile, ones, setDefaultDevice, setKernelChecks, tensor, vectorNorm } from "../../tensor/index.ts"
import * as nn from "../index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())
const indices = (list: number[] | number[][]): Tensor => tensor(list, { dtype: "int32" })
const lengths = (table: Tensor): number[] => values(vectorNorm(table, { dim: 1 }))

describe("embedding", () => {
  test("starts from N(0, 1), with zeros in the row of the padding, which is not learned", () => {
    const layer = nn.embedding(200, 50, { paddingIdx: -1 })
    expect(values(layer.weight.select(0, 199)).every((w) => w === 0)).toBe(true)
    expect(layer.weight.narrow(0, 0, 199).std().itemSync()).toBeCloseTo(1, 1)
    layer
      .forward(indices([0, 199, 199]))
      .sum()
      .backward()
    const grad = layer.weight.grad!
    expect(values(grad.select(0, 0))).toEqual(new Array(50).fill(1))
    expect(values(grad.select(0, 199))).toEqual(new Array(50).fill(0))
  })

  test("maxNorm scales the rows that are looked up, in the table, and keeps the gradient plain", () => {
    const layer = nn.embedding(3, 2, { maxNorm: 1 })
    layer.loadStateDict({
      weight: tensor([
        [3, 4],
        [0.3, 0.4],
        [6, 8],
      ]),
    })
    const out = layer.forward(indices([0, 1]))
    out.sum().backward()
    const expected = [1, 0.5, 10]
    for (const [i, length] of lengths(layer.weight).entries()) expect(length).toBeCloseTo(expected[i]!, 4)
    expect(values(out)[0]).toBeCloseTo(0.6, 5)
    expect(values(layer.weight.grad!)).toEqual([1, 1, 1, 1, 0, 0])
    expect(layer.weight.requiresGrad).toBe(true)
  })

  test("maxNorm works in compiled training", () => {
    const run = (wrap: (f: () => Tensor) => () => Tensor): number[] => {
      const layer = nn.embedding(4, 3, { maxNorm: 0.5 })
      layer.loadStateDict({ weight: ones([4, 3]) })
      const step = wrap(() => {
        const loss = layer.forward(indices([0, 2])).sum()
        loss.backward()
        return loss
      })
      for (let i = 0; i < 4; i++) step().itemSync()
      return values(layer.weight)
    }
    expect(run((f) => compile(f))).toEqual(run((f) => f))
  })

  test("scaleGradByFreq divides by how often a row is looked up", () => {
    const layer = nn.embedding(3, 1, { scaleGradByFreq: true })
    layer
      .forward(indices([0, 1, 1, 1]))
      .mul(tensor([[1], [1], [2], [6]]))
      .sum()
      .backward()
    expect(values(layer.weight.grad!)).toEqual([1, 3, 0])
  })

  test("fromPretrained starts from a table, frozen unless told otherwise", () => {
    const table = tensor([
      [1, 2],
      [3, 4],
    ])
    const layer = nn.Embedding.fromPretrained(table)
    expect(values(layer.forward(indices([1])))).toEqual([3, 4])
    expect(layer.weight.requiresGrad).toBe(false)
    expect(nn.Embedding.fromPretrained(table, { freeze: false }).weight.requiresGrad).toBe(true)
    expect(() => nn.Embedding.fromPretrained(ones([2]))).toThrow(/is a matrix/)
  })

  test("says what does not fit", () => {
    const model = nn.sequential(nn.embedding(3, 2))
    expect(() => model.forward(indices([3]))).toThrow(/^0: .*NABLA_INDEX_OUT_OF_RANGE/s)
    expect(() => model.forward(ones([2]))).toThrow(/NABLA_INVALID_DTYPE/)
    expect(() => nn.embedding(3, 2, { paddingIdx: 3 }).forward(indices([0]))).toThrow(/paddingIdx is no row/)
    expect(() => nn.embedding(3, 2, { max_norm: 1 } as object)).toThrow(/no such option/)
  })
})

describe("embeddingBag", () => {
  const layer = (options: nn.EmbeddingBagLayerOptions): nn.EmbeddingBag => {
    const bag = nn.embeddingBag(4, 2, options)
    bag.loadStateDict({
      weight: tensor([
        [1, -1],
        [2, 5],
        [3, 0],
        [4, 4],
      ]),
    })
    return bag
  }

  test("sums, averages or takes the largest, over rows or between offsets", () => {
    const flat = indices([0, 1, 2, 3])
    const offsets = indices([0, 3, 3])
    expect(values(layer({ mode: "sum" }).forward(flat, { offsets }))).toEqual([6, 4, 0, 0, 4, 4])
    expect(values(layer({ mode: "max" }).forward(flat, offsets))).toEqual([3, 5, 0, 0, 4, 4])
    expect(
      values(
        layer({}).forward(
          indices([
            [0, 1],
            [2, 3],
          ]),
        ),
      ),
    ).toEqual([1.5, 2, 3.5, 2])
    const last = layer({ mode: "sum", includeLastOffset: true }).forward(flat, {
      offsets: indices([0, 1, 4]),
    })
    expect(values(last)).toEqual([1, -1, 9, 9])
  })

  test("padding counts as absent", () => {
    const input = indices([
      [0, 1],
      [1, 1],
    ])
    expect(values(layer({ paddingIdx: 1 }).forward(input))).toEqual([1, -1, 0, 0])
    expect(values(layer({ mode: "max", paddingIdx: 1 }).forward(input))).toEqual([1, -1, 0, 0])
  })

  test("weights are for sums, one for each index", () => {
    const input = indices([[0, 1]])
    const weights = tensor([[2, 0.5]])
    expect(values(layer({ mode: "sum" }).forward(input, { perSampleWeights: weights }))).toEqual([3, 0.5])
    expect(() => layer({}).forward(input, { perSampleWeights: weights })).toThrow(/are for sums/)
    expect(() => layer({ mode: "sum" }).forward(input, { perSampleWeights: ones([2]) })).toThrow(
      /needs its weight/,
    )
    expect(() => layer({}).forward(indices([0]))).toThrow(/not in bags/)
    expect(() => layer({ mode: "median" as "sum" }).forward(input)).toThrow(/no such mode/)
  })
})
