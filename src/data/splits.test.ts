import { expect, test } from "vitest"
import type { ArrayDataset } from "./dataset.ts"
import { arrayDataset } from "./dataset.ts"
import { findLeaks, kFold, splitByGroup, splitStratified } from "./splits.ts"

/** n samples whose input is their number; every fifth is of class 1. */
function numbered(n: number): ArrayDataset {
  const inputs = Float32Array.from({ length: n }, (_, i) => i)
  const targets = Int32Array.from({ length: n }, (_, i) => (i % 5 === 0 ? 1 : 0))
  return arrayDataset({ name: "numbered", inputs, inputShape: [1], targets, targetShape: [], classes: 2 })
}

const sorted = (parts: readonly ArrayDataset[]): number[] =>
  parts.flatMap(({ inputs }) => [...inputs]).sort((a, b) => a - b)
const ones = ({ targets }: ArrayDataset): number => targets.filter((label) => label === 1).length
const ascending = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

test.each([
  {},
  { seed: 1 },
  { seed: 1, stratify: numbered(103).targets },
  { groups: Array.from({ length: 103 }, (_, i) => i % 9) },
  { seed: 1, groups: Array.from({ length: 103 }, (_, i) => `g${i % 9}`) },
])("folds hold each sample out once (%j)", (options) => {
  const folds = kFold(numbered(103), { k: 4, ...options })
  expect(sorted(folds.map(({ test }) => test))).toEqual(ascending(103))
  for (const { train, test } of folds) {
    expect(sorted([train, test])).toEqual(ascending(103))
    expect(Math.abs(test.length - 103 / 4)).toBeLessThan(options.groups ? 13 : 1)
    expect(findLeaks([train, test])).toEqual([])
    if (options.stratify) expect(Math.abs(ones(test) - 21 / 4)).toBeLessThan(1)
  }
  expect(kFold(numbered(103), { k: 4, ...options })).toEqual(folds)
})

test("stratified parts have the classes of the whole", () => {
  const parts = splitStratified(numbered(200), [0.7, 0.2, 0.1], { seed: 2 })
  expect(parts.map(({ length }) => length)).toEqual([140, 40, 20])
  expect(parts.map(ones)).toEqual([28, 8, 4])
  expect(sorted(parts)).toEqual(ascending(200))
  const other = splitStratified(numbered(200), [0.5, 0.5], { labels: new Array(200).fill(0) })
  expect(other.map(({ length }) => length)).toEqual([100, 100])
})

test("parts by group share no group", () => {
  const groups = Array.from({ length: 200 }, (_, i) => (i * i) % 23)
  const parts = splitByGroup(numbered(200), [0.75, 0.25], groups, { seed: 3 })
  const [a, b] = parts.map(({ inputs }) => new Set(Array.from(inputs, (i) => groups[i]!)))
  expect([...a!].filter((group) => b!.has(group))).toEqual([])
  expect(sorted(parts)).toEqual(ascending(200))
  expect(Math.abs(parts[1]!.length - 50)).toBeLessThan(12)
})

test("what stands in two parts is found", () => {
  const part = (rows: number[][]): ArrayDataset =>
    arrayDataset({
      name: "part",
      inputs: Float32Array.from(rows.flat()),
      inputShape: [2],
      targets: new Int32Array(rows.length),
      targetShape: [],
    })
  const train = part([
    [1, 2],
    [3, 4],
    [1, 2],
    [0, Number.NaN],
  ])
  const validation = part([[5, 6]])
  const test_ = part([
    [2, 1],
    [3, 4],
    [0, Number.NaN],
    [-0, 0],
  ])
  expect(findLeaks([train, validation, test_])).toEqual([
    { parts: [0, 2], samples: [1, 1] },
    { parts: [0, 2], samples: [3, 2] },
  ])
  expect(findLeaks([])).toEqual([])
  expect(() => findLeaks([train, numbered(3)])).toThrow("NABLA_DATA_MISMATCH")
})

test("what cannot be cut is refused", () => {
  const data = numbered(10)
  expect(() => kFold(data, { k: 1 })).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => kFold(data, { k: 11 })).toThrow("NABLA_EMPTY_DATA")
  expect(() => kFold(data, { folds: 3 } as object)).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => kFold(data, { groups: [1, 2] })).toThrow("NABLA_DATA_MISMATCH")
  expect(() => kFold(data, { groups: data.targets, stratify: data.targets })).toThrow(
    "NABLA_INVALID_ARGUMENT",
  )
  expect(() => kFold(data, { k: 3, groups: data.targets })).toThrow("NABLA_EMPTY_DATA")
  expect(() => splitStratified(data, [0.5, 0.6])).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => splitByGroup(data, [1], [1])).toThrow("NABLA_DATA_MISMATCH")
})
