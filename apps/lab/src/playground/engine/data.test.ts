import { describe, expect, it } from "vitest"
import type { DataSetName } from "./data.ts"
import { dataSets, makeData, shuffled, split } from "./data.ts"
import { formatPoints, parsePoints } from "./points.ts"
import { seedrandom } from "./seedrandom.ts"

const draw = (name: DataSetName, noise = 0) => makeData({ name, noise, random: seedrandom("a") })
const variance = (values: number[], mean: number) =>
  values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length

describe("data sets", () => {
  it.each(Object.keys(dataSets) as DataSetName[])(
    "%s: as many points as it should have, the same for a seed",
    (name) => {
      const points = draw(name, 20)
      expect(points).toHaveLength(name.startsWith("reg-") ? 1200 : 500)
      expect(draw(name, 20)).toEqual(points)
      expect(makeData({ name, noise: 20, random: seedrandom("b") })).not.toEqual(points)
    },
  )

  it("circle: a disc within a ring; noise flips labels and moves nothing", () => {
    for (const { x, y, label } of draw("circle")) {
      const r = Math.hypot(x, y)
      expect(label).toBe(r < 2.5 ? 1 : -1)
      expect(r < 2.5 || (r >= 3.5 && r <= 5)).toBe(true)
    }
    const noisy = draw("circle", 50)
    expect(noisy.every(({ x, y }) => Math.hypot(x, y) < 2.5 || Math.hypot(x, y) >= 3.5)).toBe(true)
    expect(noisy.some(({ x, y, label }) => label !== (Math.hypot(x, y) < 2.5 ? 1 : -1))).toBe(true)
  })

  it("xor: 0.3 away from the axes, with the sign of xy", () => {
    for (const { x, y, label } of draw("xor")) {
      expect(Math.min(Math.abs(x), Math.abs(y))).toBeGreaterThanOrEqual(0.3)
      expect(label).toBe(x * y >= 0 ? 1 : -1)
    }
  })

  it("gauss: variance 0.5 without noise and 4 with all of it, around ±(2, 2)", () => {
    for (const [noise, wanted] of [
      [0, 0.5],
      [50, 4],
    ] as const) {
      const xs = draw("gauss", noise).map(({ x, label }) => x * label)
      expect(variance(xs, 2)).toBeGreaterThan(0.8 * wanted)
      expect(variance(xs, 2)).toBeLessThan(1.25 * wanted)
    }
  })

  it("spiral: two arms, the one turned by π against the other", () => {
    const points = draw("spiral")
    const arm = (label: number) =>
      points.filter((p) => p.label === label).sort((a, b) => Math.hypot(a.x, a.y) - Math.hypot(b.x, b.y))
    arm(1).forEach(({ x, y }, i) => {
      expect(x).toBeCloseTo(-arm(-1)[i]!.x, 9)
      expect(y).toBeCloseTo(-arm(-1)[i]!.y, 9)
    })
  })

  it("regressions: a plane, and six cones", () => {
    for (const { x, y, label } of draw("reg-plane")) expect(label).toBeCloseTo((x + y) / 10, 12)
    const cones = draw("reg-gauss")
    expect(Math.max(...cones.map(({ label }) => label))).toBeGreaterThan(0.8)
    for (const { x, y, label } of cones) if (Math.hypot(x, y) < 0.4) expect(label).toBe(0)
    const at = cones.filter(({ x, y }) => Math.hypot(x + 4, y - 2.5) < 0.5)
    expect(at.every(({ label }) => label > 0.7)).toBe(true)
  })
})

it("shuffles without losing a point, and splits as it says", () => {
  const items = Array.from({ length: 101 }, (_, i) => i)
  const mixed = shuffled(items, seedrandom("s"))
  expect(mixed).not.toEqual(items)
  expect([...mixed].sort((a, b) => a - b)).toEqual(items)
  expect(split(items, 30).map(({ length }) => length)).toEqual([30, 71])
})

it("own points go through a link", () => {
  const points = [
    { x: 1.25, y: -3, label: 1 },
    { x: 0, y: 5.125, label: -1 },
  ]
  expect(parsePoints(formatPoints(points), "classification")).toEqual(points)
  expect(parsePoints("1,2;a,b,c;1,2,0;1,2,3,4", "classification")).toEqual([{ x: 1, y: 2, label: -1 }])
  expect(parsePoints("1,2,7", "multiclass")).toEqual([{ x: 1, y: 2, label: 2 }])
})
