import { beforeEach, expect, test } from "vitest"
import { manualSeed, randn, setDefaultDevice, tensor } from "../../tensor/index.ts"
import { analyzeData } from "../index.ts"

beforeEach(() => {
  setDefaultDevice("wasm")
  manualSeed(2)
})

test("finds constant, duplicate and far-off values, imbalance, leaks and shift", async () => {
  const base = randn([200, 2]).toArray() as number[][]
  const rows = base.map(([a, b], i) => [a!, b!, 2 * a! + 1, 7, i === 3 ? 50 : b! * 0.1])
  const labels = tensor(Int32Array.from({ length: 200 }, (_, i) => (i < 150 ? 0 : 1)))
  const shifted = rows
    .slice(0, 50)
    .map(([a, b, c, d, e], i) => (i < 4 ? [a, b, c, d, e] : [a! + 3, b, c! + 6, d, e]))
  const test = tensor(shifted as number[][])
  const found = await analyzeData(tensor(rows), { labels, test })
  expect(found.constant).toEqual([3])
  expect(found.duplicates.map(({ features }) => features)).toEqual([[0, 2]])
  expect(found.condition.standardised).toBeGreaterThan(1e10)
  expect(found.features[4]!.outliers).toBe(1)
  expect(found.labels).toEqual({ counts: { 0: 150, 1: 50 }, imbalance: 3, majority: 0.75 })
  expect(found.shift!.leaked).toBe(4)
  expect([0, 2]).toContain(found.shift!.features[0]!.feature)
  expect(found.shift!.features[0]!.ks).toBeGreaterThan(0.7)
})

test("a white cloud is well conditioned, and too little is an error", async () => {
  const found = await analyzeData(randn([1000, 4]))
  expect(found.condition.raw).toBeLessThan(1.6)
  expect(found.offset).toBeLessThan(0.1)
  expect(found).toMatchObject({
    constant: [],
    duplicates: [],
    duplicateExamples: 0,
    labels: null,
    shift: null,
  })
  await expect(analyzeData(randn([1, 4]))).rejects.toThrow(/too little/)
  await expect(analyzeData(randn([4, 4]), { test: randn([4, 3]) })).rejects.toThrow(/different features/)
})
