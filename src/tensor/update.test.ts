import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import { setDefaultDevice, setKernelChecks } from "../engine/index.ts"
import "./methods.ts"
import { tensor, zeros } from "./creation.ts"
import type { Tensor } from "./tensor.ts"
import { noGrad } from "./tensor.ts"
import { update } from "./update.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

/** One step of gradient descent. */
function descend(p: Tensor, lr: number): void {
  update([{ target: p, value: noGrad(() => p.sub(p.grad!.mul(lr))) }])
  p.grad = null
}

const parameter = (): Tensor => tensor([1, 2, 3, 4]).requiresGrad_()

describe("an update", () => {
  test("keeps results that are read later", () => {
    const p = parameter()
    const loss = p.mul(p).sum()
    loss.backward()
    descend(p, 0.25)
    expect(Array.from(p.dataSync())).toEqual([0.5, 1, 1.5, 2])
    for (let i = 0; i < 5; i++) {
      p.mul(2).sum().backward()
      descend(p, 0.1)
    }
    expect(loss.itemSync()).toBe(30)
  })

  test("leaves intermediate results readable until the next one, and says so afterwards", () => {
    const step = (): Tensor => {
      const hidden = p.mul(3)
      hidden.sum().backward()
      descend(p, 0.1)
      return hidden
    }
    const p = parameter()
    const first = step()
    expect(first.dataSync()[0]).toBe(3)
    const second = step()
    step()
    expect(() => second.dataSync()).toThrow(/NABLA_STALE_VALUE/)
  })

  test("keeps a sum over steps", () => {
    const p = parameter()
    let total = zeros([])
    let want = 0
    for (let i = 0; i < 6; i++) {
      const loss = p.mul(p).sum()
      loss.backward()
      total = total.add(loss.detach())
      descend(p, 0.1)
      want += loss.itemSync()
    }
    expect(total.itemSync()).toBeCloseTo(want, 4)
  })

  test("keeps gradients that add up over steps", () => {
    const [p, q] = [parameter(), parameter()]
    for (let i = 0; i < 4; i++) {
      p.mul(q).sum().backward()
      update([{ target: p, value: noGrad(() => p.sub(0.5)) }])
    }
    // dq adds up p = 1, ½, 0, −½ in its first element.
    expect(q.grad!.dataSync()[0]).toBe(1)
  })

  test("does not take a value away from another tensor that has it", () => {
    const start = tensor([5, 6]).realize()
    const p = tensor([0, 0]).requiresGrad_()
    update([{ target: p, value: start.mul(1) }])
    const copy = p.detach().mul(1)
    for (let i = 0; i < 4; i++) update([{ target: p, value: noGrad(() => p.add(1)) }])
    expect(Array.from(copy.dataSync())).toEqual([5, 6])
    expect(Array.from(start.dataSync())).toEqual([5, 6])
    expect(Array.from(p.dataSync())).toEqual([9, 10])
  })
})

test("a value that several tensors have is not freed with one of them", () => {
  const [a, b, c] = [parameter(), parameter(), parameter()]
  const value = tensor([1, 2, 3, 4]).mul(3)
  update([a, b, c].map((target) => ({ target, value })))
  for (let i = 0; i < 3; i++) update([{ target: c, value: c.mul(2).detach() }])
  expect([a, b, c].map((t) => t.dataSync()[0])).toEqual([3, 3, 24])
})

test("a leaf that is pointed at a value without derivatives still gets gradients", () => {
  const p = parameter()
  p.replace(tensor([2, 2, 2, 2]).node)
  expect(p.requiresGrad).toBe(true)
  p.mul(p).sum().backward()
  expect(Array.from(p.grad!.dataSync())).toEqual([4, 4, 4, 4])
})
