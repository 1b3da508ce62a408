import { describe, expect, it } from "vitest"
import type { ArrayDataset } from "./dataset.ts"
import {
  blobs,
  checkerboard,
  circle,
  gauss,
  moons,
  pointDatasets,
  regGauss,
  regPlane,
  spiral,
  xor,
} from "./points.ts"

interface Row {
  x: number
  y: number
  target: number
}

function rows({ inputs, targets }: ArrayDataset): Row[] {
  return Array.from(targets, (target, i) => ({ x: inputs[2 * i]!, y: inputs[2 * i + 1]!, target }))
}

const share = (list: Row[], test: (row: Row) => boolean) => list.filter(test).length / list.length
const range = (list: Row[]) => Math.max(...list.map(({ x, y }) => Math.max(Math.abs(x), Math.abs(y))))

describe("every set of points", () => {
  it.each(Object.entries(pointDatasets))("%s has its size, shapes and types", (name, make) => {
    const set = make({ n: 77, noise: 0.1 })
    const regression = name.startsWith("reg-")
    expect(set).toMatchObject({ name, length: 77, inputShape: [2], targetShape: regression ? [1] : [] })
    expect(set.inputs.length).toBe(154)
    expect(set.targets).toBeInstanceOf(regression ? Float32Array : Int32Array)
    expect(set.classes).toBe(regression ? undefined : name === "blobs" ? 3 : 2)
    expect(set.inputs.every(Number.isFinite)).toBe(true)
    expect(make().length).toBe(regression ? 1200 : 500)
  })

  it.each(Object.entries(pointDatasets))("%s is settled by its seed", (_name, make) => {
    expect(make({ seed: 3, noise: 0.2 })).toEqual(make({ seed: 3, noise: 0.2 }))
    expect(make({ seed: 3, noise: 0.2 }).inputs).not.toEqual(make({ seed: 4, noise: 0.2 }).inputs)
  })

  it.each(Object.entries(pointDatasets))("%s refuses bad options", (_name, make) => {
    const refused = expect.objectContaining({ code: "NABLA_INVALID_ARGUMENT" })
    expect(() => make({ n: 0 })).toThrow(refused)
    expect(() => make({ n: 2.5 })).toThrow(refused)
    expect(() => make({ noise: -0.1 })).toThrow(refused)
    expect(() => make({ noise: Number.NaN })).toThrow(refused)
    expect(make({ n: 1 }).length).toBe(1)
  })

  it.each([spiral, circle, gauss, moons])("$name is balanced and shuffled", (make) => {
    const labels = [...make({ n: 400 }).targets]
    expect(labels.filter((label) => label === 1).length).toBe(200)
    expect(new Set(labels.slice(0, 50)).size).toBe(2)
  })
})

describe("the law of each set", () => {
  it("spiral: without noise each point lies on its arm; noise moves it by at most ν", () => {
    const onArm = ({ x, y, target }: Row) => {
      const radius = Math.hypot(x, y)
      const angle = 1.75 * 2 * Math.PI * (radius / 5) + (target === 1 ? 0 : Math.PI)
      return Math.hypot(x - radius * Math.sin(angle), y - radius * Math.cos(angle))
    }
    const clean = rows(spiral({ n: 301 }))
    for (const row of clean) expect(onArm(row)).toBeLessThan(1e-5)
    const noisy = rows(spiral({ n: 301, noise: 0.4 }))
    expect(range(noisy)).toBeLessThanOrEqual(5.4)
    expect(noisy.some((row) => onArm(row) > 0.2)).toBe(true)
  })

  it("circle: class 1 is the disc of 2.5, the ring starts at 3.5; noise flips labels and moves no point", () => {
    const clean = rows(circle({ n: 1000, seed: 1 }))
    for (const { x, y, target } of clean)
      expect(Math.hypot(x, y) < (target === 1 ? 2.5001 : 5.0001)).toBe(true)
    for (const { x, y, target } of clean) expect(target === 1 || Math.hypot(x, y) > 3.4999).toBe(true)
    const noisy = rows(circle({ n: 1000, seed: 1, noise: 0.5 }))
    expect(noisy.map(({ x, y }) => [x, y])).toEqual(clean.map(({ x, y }) => [x, y]))
    const flipped = noisy.filter((row, i) => row.target !== clean[i]!.target).length
    expect(flipped).toBeGreaterThan(100)
  })

  it("xor: away from the axes, label by the sign of x·y; noise flips labels", () => {
    const clean = rows(xor({ n: 1000 }))
    for (const { x, y, target } of clean) {
      expect(target).toBe(x * y >= 0 ? 1 : 0)
      expect(Math.min(Math.abs(x), Math.abs(y))).toBeGreaterThan(0.2999)
    }
    expect(range(clean)).toBeLessThanOrEqual(5.3001)
    const noisy = rows(xor({ n: 1000, noise: 0.5 }))
    expect(share(noisy, ({ x, y, target }) => target !== (x * y >= 0 ? 1 : 0))).toBeGreaterThan(0.1)
  })

  it("gauss: means ±(2, 2), variance from ½ at ν = 0 to 4 at ν = ½", () => {
    for (const [noise, variance] of [
      [0, 0.5],
      [0.5, 4],
    ] as const) {
      const ones = rows(gauss({ n: 8000, noise })).filter((row) => row.target === 1)
      const mean = ones.reduce((sum, row) => sum + row.x, 0) / ones.length
      const spread = ones.reduce((sum, row) => sum + (row.x - mean) ** 2, 0) / ones.length
      expect(Math.abs(mean - 2)).toBeLessThan(0.12)
      expect(Math.abs(spread / variance - 1)).toBeLessThan(0.1)
    }
  })

  it("spiral: k arms, each turned by 2π/k, with a class each", () => {
    for (const arms of [3, 5]) {
      const set = spiral({ n: 300, arms })
      expect(set.classes).toBe(arms)
      for (const { x, y, target } of rows(set)) {
        const radius = Math.hypot(x, y)
        const arm = target < 2 ? 1 - target : target
        const angle = 1.75 * 2 * Math.PI * (radius / 5) + (2 * Math.PI * arm) / arms
        expect(Math.hypot(x - radius * Math.sin(angle), y - radius * Math.cos(angle))).toBeLessThan(1e-5)
      }
    }
    expect(() => spiral({ arms: 1 })).toThrow(/arms/)
  })

  it("blobs: clouds around the corners of a polygon, variance from ½ to 4", () => {
    for (const [classes, noise, variance] of [
      [3, 0, 0.5],
      [5, 0.5, 4],
    ] as const) {
      const list = rows(blobs({ n: 6000 * classes, classes, noise }))
      for (let label = 0; label < classes; label++) {
        const cloud = list.filter(({ target }) => target === label)
        expect(cloud).toHaveLength(6000)
        const [cx, cy] = [
          4 * Math.cos((2 * Math.PI * label) / classes),
          4 * Math.sin((2 * Math.PI * label) / classes),
        ]
        const spread = cloud.reduce((sum, { x, y }) => sum + (x - cx) ** 2 + (y - cy) ** 2, 0) / cloud.length
        expect(Math.abs(spread / (2 * variance) - 1)).toBeLessThan(0.1)
      }
    }
  })

  it("checkerboard: neighbouring squares differ, whatever their number; noise flips labels", () => {
    for (const squares of [2, 3, 8]) {
      for (const { x, y, target } of rows(checkerboard({ n: 500, squares }))) {
        const [column, row] = [x, y].map((v) => Math.floor(((v + 5) / 10) * squares))
        // A point on an edge may be rounded to either side.
        const inside = [x, y].every((v) => Math.abs(((((v + 5) / 10) * squares) % 1) - 0.5) < 0.4999)
        if (inside) expect(target).toBe((column! + row!) % 2)
      }
    }
    const [clean, noisy] = [0, 0.2].map((noise) => rows(checkerboard({ n: 500, noise })))
    expect(noisy!.filter(({ target }, i) => target !== clean![i]!.target).length).toBeGreaterThan(50)
  })

  it("moons: without noise on the two half circles, ends included", () => {
    for (const { x, y, target } of rows(moons({ n: 200 }))) {
      const radius = target === 0 ? Math.hypot(x, y) : Math.hypot(x - 1, y - 0.5)
      expect(radius).toBeCloseTo(1, 5)
      expect(target === 0 ? y >= -1e-6 : y <= 0.5 + 1e-6).toBe(true)
    }
    expect(rows(moons({ n: 200 })).some(({ x, target }) => target === 0 && x === -1)).toBe(true)
  })

  it("reg-plane: (x + y)/10, off by at most 1.2 ν with noise", () => {
    for (const { x, y, target } of rows(regPlane())) expect(target).toBeCloseTo((x + y) / 10, 5)
    const off = rows(regPlane({ noise: 0.5 })).map(({ x, y, target }) => Math.abs(target - (x + y) / 10))
    expect(Math.max(...off)).toBeLessThanOrEqual(0.6001)
    expect(Math.max(...off)).toBeGreaterThan(0.3)
  })

  it("reg-gauss: cones of height 1 and radius 2 with alternating signs", () => {
    const list = rows(regGauss({ n: 5000 }))
    expect(Math.max(...list.map((row) => row.target))).toBeGreaterThan(0.9)
    expect(Math.min(...list.map((row) => row.target))).toBeLessThan(-0.9)
    for (const { x, y, target } of list) {
      const distance = Math.hypot(x, y - 2.5)
      if (distance < 0.9) expect(target).toBeCloseTo(-(1 - distance / 2), 4)
      if (Math.abs(y) > 4.6) expect(target === 0).toBe(true)
    }
  })
})
