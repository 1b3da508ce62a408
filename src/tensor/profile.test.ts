import { describe, expect, test } from "vitest"
import type { Tensor } from "./index.ts"
import { matmul, profile, tensor } from "./index.ts"

const square = (n: number, seed = 1): Tensor =>
  tensor(
    Float32Array.from({ length: n * n }, (_, i) => Math.sin(i + seed)),
    { shape: [n, n] },
  )

describe("profile", () => {
  test("counts kernels and their work", () => {
    const [a, b] = [square(64), square(64, 2)]
    const step = (): Tensor[] => [matmul(a, b), matmul(b, a)]
    const found = profile(step)
    const [product] = found.kernels
    expect(product).toMatchObject({ name: "dot_64x64x64", count: 2, elements: 4096, flops: 2 * 64 ** 3 })
    expect(product!.gflops).toBeCloseTo((2 * product!.flops) / product!.ms / 1e6, 6)
    expect(found.kernels.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
    expect(found.ms).toBeGreaterThanOrEqual(found.kernelMs + found.planMs)
  })

  test("gives what the function returned, computed, with the bits of a run without it", () => {
    const x = square(30)
    const step = (): Tensor => x.mul(x).sum(0).exp()
    const want = step().dataSync()
    const { result, kernels } = profile(step)
    expect(kernels.length).toBeGreaterThan(0)
    expect(result.dataSync()).toEqual(want)
  })

  test("knows a plan that was made meanwhile, and that it is not made twice", () => {
    const x = tensor([1, 2, 3, 4, 5, 6, 7])
    const step = (): number => x.mul(3).cos().add(x).sum().itemSync()
    expect(profile(step).planMs).toBeGreaterThan(0)
    expect(profile(step).planMs).toBe(0)
  })

  test("waits for a promise", async () => {
    const x = square(20)
    const found = await profile(async () => x.exp().sum().item())
    expect(found.result).toBeCloseTo(x.exp().sum().itemSync())
    expect(found.kernels).toHaveLength(1)
  })

  test("ends when the function throws, and an outer profile sees what an inner one does", async () => {
    const x = square(8)
    const fail = (): never => {
      throw new Error("stopped")
    }
    expect(() => profile(fail)).toThrow("stopped")
    await expect(profile(async () => fail())).rejects.toThrow("stopped")
    const outer = profile(() => profile(() => x.exp()).kernels.length)
    expect(outer.result).toBe(1)
    expect(outer.kernels).toHaveLength(1)
    expect(profile(() => 1).kernels).toHaveLength(0)
  })

  test("as a table and as events of Chrome's trace format", () => {
    const x = square(50)
    const found = profile(() => [x.exp(), matmul(x, x)])
    const lines = found.table(1).split("\n")
    expect(lines[0]).toMatch(/^kernel +elements +count +ms +share +GFLOP\/s +GB\/s$/)
    expect(lines[2]).toBe("and 1 more")
    expect(lines.at(-1)).toMatch(/^[\d.]+ ms: kernels [\d.]+, planning [\d.]+, other [\d.]+$/)
    expect(String(found)).toContain("dot_50x50x50")
    const { traceEvents } = JSON.parse(JSON.stringify(found.trace)) as typeof found.trace
    const kernels = traceEvents.filter(({ cat }) => cat === "kernel")
    expect(kernels.map(({ name }) => name).sort()).toEqual(["dot_50x50x50", "exp"])
    for (const { ph, ts, dur } of traceEvents) {
      expect(ph).toBe("X")
      expect(ts).toBeGreaterThanOrEqual(0)
      expect((ts + dur) / 1000).toBeLessThanOrEqual(found.ms + 1e-3)
    }
  })
})
