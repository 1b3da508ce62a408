import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  compile,
  Generator,
  manualSeed,
  ones,
  randn,
  setDefaultDevice,
  setKernelChecks,
  vmap,
} from "../../tensor/index.ts"
import * as nn from "../index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => {
  setDefaultDevice("wasm")
  manualSeed(7)
})

const values = (t: Tensor): number[] => Array.from(t.dataSync())
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length

describe("dropout", () => {
  test("drops a share p and scales the rest, so that the expectation stays", () => {
    const out = values(nn.dropout({ p: 0.25 }).forward(ones([20_000])))
    expect(new Set(out)).toEqual(new Set([0, Math.fround(4 / 3)]))
    // Five standard deviations of a share of 0.25 among 20,000.
    expect(Math.abs(out.filter((x) => x === 0).length / out.length - 0.25)).toBeLessThan(0.0154)
    expect(Math.abs(mean(out) - 1)).toBeLessThan(0.0205)
  })

  test("passes the input in evaluation, and with p 0", () => {
    const x = randn([4, 3])
    expect(nn.dropout().eval().forward(x)).toBe(x)
    expect(nn.dropout({ p: 0 }).forward(x)).toBe(x)
    expect(values(nn.dropout({ p: 1 }).forward(x)).every((y) => y === 0)).toBe(true)
  })

  test("the gradient goes where the value went", () => {
    const x = ones([50]).requiresGrad_()
    const y = nn.dropout().forward(x)
    y.sum().backward()
    expect(values(x.grad!)).toEqual(values(y))
  })

  test("draws anew in each call, from a generator of its own too, and in each replay", () => {
    const x = ones([64])
    const layer = nn.dropout()
    expect(values(layer.forward(x))).not.toEqual(values(layer.forward(x)))
    const seeded = (): number[] => values(nn.dropout({ generator: new Generator(3) }).forward(x))
    expect(seeded()).toEqual(seeded())
    const replayed = compile(() => layer.forward(x))
    const runs = [0, 1, 2, 3].map(() => values(replayed() as Tensor).join())
    expect(new Set(runs).size).toBe(4)
  })

  test("replays draw what plain calls draw", () => {
    const x = ones([32])
    const run = (wrap: (f: () => Tensor) => () => Tensor): number[][] => {
      manualSeed(5)
      const layer = nn.dropout()
      const f = wrap(() => layer.forward(x))
      return [0, 1, 2, 3].map(() => values(f()))
    }
    expect(run((f) => compile(f))).toEqual(run((f) => f))
  })

  test("each example of a vmap has a mask of its own", () => {
    const layer = nn.dropout()
    const rows = (vmap((x: Tensor) => layer.forward(x))(ones([4, 64])) as Tensor).toArray() as number[][]
    expect(new Set(rows.map((row) => row.join())).size).toBe(4)
  })

  test("says what does not fit", () => {
    expect(() => nn.dropout({ p: 1.5 }).forward(ones([1]))).toThrow(/no probability/)
    expect(() => nn.dropout(0.5 as unknown as object)).toThrow(/options are given by name/)
    expect(() => nn.dropout().forward(ones([2], { dtype: "int32" }))).toThrow(/NABLA_INVALID_DTYPE/)
    expect(() => nn.dropout1d().forward(ones([2]))).toThrow(/\[N, C, L\] or \[C, L\]/)
    expect(() => nn.featureAlphaDropout().forward(ones([2]))).toThrow(/no channels/)
  })
})

describe("dropout of channels", () => {
  const cases: readonly (readonly [nn.Module, number[], perSample: number])[] = [
    [nn.dropout1d(), [8, 16, 5], 5],
    [nn.dropout1d(), [16, 5], 5],
    [nn.dropout2d(), [8, 16, 3, 2], 6],
    [nn.dropout2d(), [8, 16, 3], 3],
    [nn.dropout3d(), [8, 16, 2, 1, 3], 6],
    [nn.dropout3d(), [16, 2, 1, 3], 6],
  ]
  test.each(cases)("%s of %j drops whole channels", (layer, shape, size) => {
    const out = values(layer.forward(ones(shape)))
    const channels = Array.from({ length: out.length / size }, (_, i) => out.slice(i * size, (i + 1) * size))
    for (const channel of channels) expect(new Set(channel).size).toBe(1)
    expect(new Set(channels.map(([first]) => first))).toEqual(new Set([0, 2]))
  })
})

describe("alphaDropout", () => {
  test("keeps mean 0 and variance 1", () => {
    const out = values(nn.alphaDropout({ p: 0.3 }).forward(randn([40_000])))
    const m = mean(out)
    expect(Math.abs(m)).toBeLessThan(0.03)
    expect(Math.abs(mean(out.map((x) => (x - m) ** 2)) - 1)).toBeLessThan(0.04)
  })

  test("of features treats whole channels alike", () => {
    const rows = nn
      .featureAlphaDropout()
      .forward(ones([4, 8, 3]))
      .reshape([32, 3])
      .toArray() as number[][]
    for (const row of rows) expect(new Set(row).size).toBe(1)
    expect(new Set(rows.map(([first]) => first)).size).toBe(2)
  })
})
