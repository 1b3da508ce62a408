import "./methods.ts"
import { beforeAll, describe, expect, it } from "vitest"
import type { Tensor } from "./index.ts"
import * as n from "./index.ts"

beforeAll(() => n.setKernelChecks(true))

const { tensor } = n

describe("in-place forms", () => {
  it.each<[string, (t: Tensor) => unknown, unknown]>([
    ["add_", (t) => t.add_(1), [2, 3]],
    ["sub_ with alpha", (t) => t.sub_(tensor([1, 1]), { alpha: 2 }), [-1, 0]],
    ["mul_", (t) => t.mul_(tensor([2, 3], { dtype: "int32" })), [2, 6]],
    ["div_", (t) => t.div_(2), [0.5, 1]],
    ["clamp_", (t) => t.clamp_({ min: 1.5 }), [1.5, 2]],
    ["neg_ and relu_", (t) => t.neg_().relu_(), [0, 0]],
    ["copy_", (t) => t.copy_(tensor([true])), [1, 1]],
    ["fill_", (t) => t.fill_(7), [7, 7]],
    ["zero_", (t) => t.zero_(), [0, 0]],
    ["indexPut_", (t) => t.indexPut_([-1], 9), [1, 9]],
    ["maskedFill_", (t) => t.maskedFill_(t.gt(1), 0), [1, 0]],
    ["scatterAdd_", (t) => t.scatterAdd_(0, tensor([0, 0], { dtype: "int32" }), tensor([1, 1])), [3, 2]],
  ])("%s", (_, f, want) => {
    const t = tensor([1, 2])
    expect(f(t)).toBe(t)
    expect(t.toArray()).toEqual(want)
  })

  it("draw from distributions", () => {
    const t = n.zeros([1000])
    const generator = new n.Generator(1)
    expect(Math.abs(t.normal_(5, 2, { generator }).mean().itemSync() - 5)).toBeLessThan(0.3)
    expect(t.uniform_(2, 3, { generator }).gt(2.999).sum().itemSync()).toBeLessThan(10)
    expect(Math.abs(t.exponential_(2, { generator }).mean().itemSync() - 0.5)).toBeLessThan(0.1)
    expect(t.bernoulli_(1, { generator }).sum().itemSync()).toBe(1000)
  })

  it("leave other tensors alone: views share nothing", () => {
    const t = tensor([
      [1, 2],
      [3, 4],
    ])
    const row = t.select(0, 0)
    const former = t.mul(1)
    t.add_(10)
    row.zero_()
    expect([t, row, former].map((x) => x.toArray())).toEqual([
      [
        [11, 12],
        [13, 14],
      ],
      [0, 0],
      [
        [1, 2],
        [3, 4],
      ],
    ])
  })

  it("belong to the graph like other operations", () => {
    const w = tensor([2, 3], { requiresGrad: true })
    const y = w.mul(1).mul_(w).add_(1)
    y.sum().backward()
    expect(w.grad!.toArray()).toEqual([4, 6])
  })

  it("keep the derivative of what was computed before a leaf changed", () => {
    const w = tensor([2, 3], { requiresGrad: true })
    const loss = w.mul(w).sum()
    n.noGrad(() => w.sub_(tensor([1, 1])))
    expect(w.requiresGrad).toBe(true)
    expect(w.toArray()).toEqual([1, 2])
    loss.backward()
    expect(w.grad!.toArray()).toEqual([4, 6])
    w.grad = null
    w.mul(w).sum().backward()
    expect(w.grad!.toArray()).toEqual([2, 4])
  })

  it("leave a clone as it was, however often the original is replaced", () => {
    const w = tensor([1, 2], { requiresGrad: true })
    const before = w.clone()
    for (let i = 0; i < 3; i++) n.update([{ target: w, value: n.noGrad(() => w.add(1)) }])
    expect([before.toArray(), w.toArray()]).toEqual([
      [1, 2],
      [4, 5],
    ])
    expect(tensor([true, false]).clone().toArray()).toEqual([true, false])
  })

  it("do not make another tensor's node a leaf", () => {
    const w = tensor([1, 1], { requiresGrad: true })
    const source = tensor([5, 6])
    n.noGrad(() => w.copy_(source))
    w.sum().backward()
    expect([source.requiresGrad, w.grad!.toArray(), w.toArray()]).toEqual([false, [1, 1], [5, 6]])
  })

  it("train a model by hand without piling up history", () => {
    const w = tensor([5, -3], { requiresGrad: true })
    const steps = (count: number): void => {
      for (let i = 0; i < count; i++) {
        w.mul(w).sum().backward()
        n.noGrad(() => w.sub_(w.grad!.mul(0.01)))
        w.grad = null
      }
    }
    steps(300)
    w.dataSync()
    steps(1)
    w.dataSync()
    let length = 0
    for (let node = w.node; node.inputs.length > 0; node = node.inputs[0]!) length++
    expect(length).toBeLessThan(3)
    expect(Math.abs(w.dataSync()[0]!)).toBeLessThan(0.02)
  })

  it.each<[string, () => unknown, string]>([
    ["a leaf that requires gradients", () => tensor([1], { requiresGrad: true }).add_(1), "NABLA_IN_PLACE"],
    ["a result of another shape", () => tensor([1]).add_(tensor([1, 2])), "NABLA_IN_PLACE"],
    ["a float into whole numbers", () => tensor([1], { dtype: "int32" }).mul_(0.5), "NABLA_IN_PLACE"],
    ["whole numbers into truth values", () => tensor([true]).add_(1), "NABLA_IN_PLACE"],
    ["values of another shape", () => tensor([1]).copy_(tensor([1, 2])), "NABLA_SHAPE_MISMATCH"],
  ])("refuse %s", (_, f, code) => {
    expect(f).toThrow(expect.objectContaining({ code }))
  })
})
