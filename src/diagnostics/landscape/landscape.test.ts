import { beforeEach, describe, expect, test } from "vitest"
import { DataLoader, xor } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import { adam } from "../../optim/index.ts"
import { manualSeed, noGrad, setDefaultDevice, tensor } from "../../tensor/index.ts"
import type { Batch, Objective } from "../objective.ts"
import { objectiveOf } from "../objective.ts"
import {
  connectionPlane,
  connectionSvg,
  connectModes,
  interpolate,
  landscapePng,
  landscapeSvg,
  lineSlice,
  lineSvg,
  planeSlice,
  planeThrough,
  randomDirection,
  randomPlane,
  spectrumSvg,
  trajectoryPlane,
} from "./index.ts"

beforeEach(() => {
  setDefaultDevice("wasm")
})

function data(): Batch {
  return [...new DataLoader(xor({ n: 100, seed: 1 }), { batchSize: 100 })][0]!
}

function net(
  seed: number,
  activation: () => nn.Module = nn.tanh,
): { model: nn.Sequential; objective: Objective } {
  manualSeed(seed)
  const model = nn.mlp([2, 16, 2], { activation })
  return { model, objective: objectiveOf(model, data()) }
}

async function trained(seed: number): Promise<{ objective: Objective; path: Float64Array[] }> {
  const { model, objective } = net(seed)
  const [x, y] = data()
  const optimizer = adam(model.parameters(), { lr: 0.02 })
  const path: Float64Array[] = []
  for (let step = 0; step < 200; step++) {
    if (step % 20 === 0) path.push(await objective.values())
    optimizer.zeroGrad()
    nn.crossEntropy(model.forward(x), y).backward()
    optimizer.step()
  }
  return { objective, path: [...path, await objective.values()] }
}

describe("slices", () => {
  test("are the loss at the parameters that they say, and leave the model as it was", async () => {
    const { model, objective } = net(1)
    const before = await objective.values()
    const direction = await randomDirection(objective, { normalise: "none", seed: 3 })
    const { at, values } = await lineSlice(objective, direction, { points: 41 })
    expect(await objective.values()).toEqual(before)
    expect(model.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true)
    const [x, y] = data()
    for (const i of [0, 17, 20, 40]) {
      const moved = net(1).model
      let from = 0
      for (const param of moved.parameters()) {
        const part = direction.subarray(from, from + param.numel())
        noGrad(() => param.add_(tensor(part, { shape: param.shape, dtype: "float32" }).mul(at[i]!)))
        from += param.numel()
      }
      expect(values[i]).toBeCloseTo(nn.crossEntropy(moved.forward(x), y).itemSync(), 4)
    }
  })

  test("of a plane run along both axes, row by row", async () => {
    const { objective } = net(2)
    const plane = await randomPlane(objective)
    const slice = await planeSlice(objective, plane, { points: 5, rangeX: [-1, 1], rangeY: [-2, 2] })
    const [u, v] = plane.directions
    const alongX = await lineSlice(objective, u, { points: 5 })
    const alongY = await lineSlice(objective, v, { points: 5, range: [-2, 2] })
    for (let i = 0; i < 5; i++) {
      expect(slice.values[2 * 5 + i]).toBeCloseTo(alongX.values[i]!, 5)
      expect(slice.values[i * 5 + 2]).toBeCloseTo(alongY.values[i]!, 5)
    }
  })

  test("normalised by filter look the same after ReLU layers were rescaled; raw ones do not", async () => {
    const slices = async (alpha: number, normalise: "filter" | "none"): Promise<Float64Array> => {
      const { model, objective } = net(5, nn.relu)
      const [first, second] = [model.parameters().slice(0, 2), model.parameters().slice(2, 3)]
      noGrad(() => {
        for (const param of first) param.mul_(alpha)
        for (const param of second) param.div_(alpha)
      })
      const direction = await randomDirection(objective, { normalise, seed: 1 })
      return (await lineSlice(objective, direction, { points: 21 })).values
    }
    const far = (a: Float64Array, b: Float64Array): number =>
      Math.max(...a.map((x, i) => Math.abs(x - b[i]!)))
    expect(far(await slices(1, "filter"), await slices(8, "filter"))).toBeLessThan(1e-5)
    expect(far(await slices(1, "none"), await slices(8, "none"))).toBeGreaterThan(0.1)
  })

  test("end when the signal is given, with what is known", async () => {
    const { objective } = net(1)
    const controller = new AbortController()
    const onProgress = (): void => controller.abort()
    const slice = await planeSlice(objective, await randomPlane(objective), {
      signal: controller.signal,
      onProgress,
    })
    expect(slice.interrupted).toBe(true)
    expect(slice.values[0]).toBeGreaterThan(0)
    expect(slice.values.at(-1)).toBeNaN()
  })
})

describe("planes", () => {
  test("of a trajectory that lies in a plane hold it whole", async () => {
    const points = Array.from({ length: 7 }, (_, i) =>
      Float64Array.from({ length: 30 }, (__, k) => i * Math.sin(k) + i ** 2 * Math.cos(3 * k)),
    )
    const plane = await trajectoryPlane(points)
    expect(plane.explained![0] + plane.explained![1]).toBeCloseTo(1, 10)
    const [u, v] = plane.directions
    points.forEach((point, p) => {
      const [x, y] = plane.path![p]!
      point.forEach((value, k) => {
        expect(plane.origin[k]! + x * u[k]! + y * v[k]!).toBeCloseTo(value, 8)
      })
    })
  })

  test("through points on a line are an error", () => {
    const [a, b, c] = [0, 1, 2].map((x) => Float64Array.of(x, 2 * x, 0)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ]
    expect(() => planeThrough(a, b, c)).toThrow(/triangle/)
  })
})

describe("between two networks", () => {
  test("a straight line has a barrier, a trained curve has hardly one", async () => {
    const [first, second] = [await trained(1), await trained(2)]
    const [from, to] = [first.path.at(-1)!, second.path.at(-1)!]
    const { objective } = first
    const line = await interpolate(objective, from, to)
    expect(line.barrier).toBeGreaterThan(0.3)
    for (const curve of ["bezier", "polygon"] as const) {
      const found = await connectModes(objective, from, to, { curve, steps: 800, lr: 0.03 })
      expect(found.straight.barrier).toBeCloseTo(line.barrier, 5)
      expect(found.barrier).toBeLessThan(0.1 * line.barrier)
      expect(found.point(0)).toEqual(from)
      expect(found.values[0]).toBeCloseTo(line.values[0]!, 5)
      expect(found.values.at(-1)).toBeCloseTo(line.values.at(-1)!, 5)
      expect(connectionPlane(found).path).toHaveLength(41)
    }
  })
})

test("pictures are whole SVG and PNG files", async () => {
  const { objective, path } = await trained(1)
  const slice = await planeSlice(objective, await trajectoryPlane(path), { points: 9 })
  const svg = await landscapeSvg(slice, { title: "a < b" })
  expect(svg).toMatch(/^<svg xmlns=[\s\S]*a &lt; b[\s\S]*<\/svg>\n$/)
  expect(svg).not.toMatch(/NaN|undefined/)
  const png = await landscapePng(slice, { size: 64 })
  expect([...png.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47])
  const line = await lineSlice(objective, await randomDirection(objective), { points: 9 })
  const between = await interpolate(objective, path[0]!, path.at(-1)!, { points: 9 })
  const spectrum = { grid: line.at, density: line.values, size: 82 }
  const others = [
    lineSvg({ loss: line }),
    connectionSvg(between),
    spectrumSvg(spectrum, { eigenvalues: [0.5], stability: 0.9 }),
  ]
  for (const text of await Promise.all(others)) expect(text).not.toMatch(/NaN|undefined/)
})
