import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  Generator,
  grad,
  gradcheck,
  randn,
  setDefaultDevice,
  setKernelChecks,
  tensor,
  zeros,
} from "../../tensor/index.ts"
import { ctc } from "./ctc.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("reference"))

const f64 = { dtype: "float64" } as const
const int = (values: number[] | number[][]): Tensor => tensor(values, { dtype: "int32" })
const logits = (shape: number[]): Tensor => randn(shape, { ...f64, generator: new Generator(3) })

/** −ln of the summed probability of all alignments that read as the target, by trying each. */
function enumerated(logProbs: Tensor, target: readonly number[], blank: number): number {
  const [steps, classes] = logProbs.shape as [number, number]
  const p = logProbs.dataSync()
  let total = 0
  for (let code = 0; code < classes ** steps; code++) {
    const path = Array.from({ length: steps }, (_, t) => Math.floor(code / classes ** t) % classes)
    const read = path.filter((c, t) => c !== blank && c !== path[t - 1])
    if (read.join() !== target.join()) continue
    total += Math.exp(path.reduce((sum, c, t) => sum + p[t * classes + c]!, 0))
  }
  return -Math.log(total)
}

describe("ctc", () => {
  test.each([
    [[1, 2], 0],
    [[1, 1], 0],
    [[2, 0, 2], 1],
    [[], 0],
    [[2, 2, 2], 0],
  ])("sums over all alignments of %j with blank %d", (target, blank) => {
    const logProbs = logits([5, 3]).logSoftmax(1)
    const padded = tensor(Int32Array.from([...target, 0]), { dtype: "int32" })
    const loss = ctc(logProbs, padded, 5, target.length, { blank, reduction: "none" })
    expect(loss.shape).toEqual([])
    expect(loss.itemSync()).toBeCloseTo(enumerated(logProbs, target, blank), 10)
  })

  test("takes samples of different lengths, as a table or one after another", () => {
    const logProbs = logits([5, 2, 3]).logSoftmax(2)
    const expected = [
      enumerated(logProbs.select(1, 0), [1, 2], 0),
      enumerated(logProbs.select(1, 1).narrow(0, 0, 3), [2], 0),
    ]
    // What stands behind a target's end does not count, whatever it is.
    const table = ctc(
      logProbs,
      int([
        [1, 2],
        [2, -7],
      ]),
      [5, 3],
      [2, 1],
      { reduction: "none" },
    )
    const flat = ctc(logProbs, int([1, 2, 2]), int([5, 3]), int([2, 1]), { reduction: "none" })
    for (const loss of [table, flat]) {
      Array.from(loss.dataSync()).forEach((v, i) => void expect(v).toBeCloseTo(expected[i]!, 10))
    }
    const mean = ctc(logProbs, int([1, 2, 2]), [5, 3], [2, 1])
    expect(mean.itemSync()).toBeCloseTo((expected[0]! / 2 + expected[1]!) / 2, 10)
  })

  test("has the right derivatives, of any order", () => {
    const f = (x: Tensor): Tensor =>
      ctc(
        x.logSoftmax(2),
        int([
          [1, 2],
          [2, 0],
        ]),
        [5, 3],
        [2, 1],
      )
    const at = logits([5, 2, 3])
    expect(gradcheck(f as (...args: unknown[]) => unknown, [at])).toBe(true)
    const slope = (x: Tensor): Tensor => (grad(f)(x) as Tensor).square().sum()
    expect(gradcheck(slope as (...args: unknown[]) => unknown, [at])).toBe(true)
  })

  test("is infinite for a target that does not fit, or 0 if asked", () => {
    const f =
      (zeroInfinity: boolean) =>
      (x: Tensor): Tensor =>
        ctc(
          x.logSoftmax(2),
          int([
            [1, 1],
            [1, 2],
          ]),
          [2, 2],
          [2, 2],
          { reduction: "none", zeroInfinity },
        )
    const at = logits([2, 2, 3])
    expect(f(false)(at).dataSync()[0]).toBe(Infinity)
    const [first, second] = f(true)(at).dataSync()
    expect(first).toBe(0)
    expect(second).toBeGreaterThan(0)
    const slope = grad((x: Tensor) => f(true)(x).sum())(at) as Tensor
    const ofFirst = Array.from(slope.select(1, 0).dataSync())
    expect(ofFirst.every((v) => v === 0)).toBe(true)
    expect(Array.from(slope.dataSync()).every(Number.isFinite)).toBe(true)
  })

  test("stays finite over hundreds of steps in single precision", () => {
    setDefaultDevice("wasm")
    const x = randn([300, 2, 6], { generator: new Generator(5) }).mul(3)
    const target = tensor(
      Int32Array.from({ length: 60 }, (_, i) => 1 + ((i * 7) % 5)),
      { shape: [2, 30], dtype: "int32" },
    )
    const loss = ctc(x.logSoftmax(2), target, [300, 250], [30, 20], { reduction: "none" })
    setDefaultDevice("reference")
    const exact = ctc(x.to("float64").logSoftmax(2), target, [300, 250], [30, 20], { reduction: "none" })
    Array.from(loss.dataSync()).forEach((v, i) => void expect(v / exact.dataSync()[i]!).toBeCloseTo(1, 5))
  })

  test("names what does not fit", () => {
    const probs = zeros([4, 2, 3])
    expect(() => ctc(zeros([4]), int([1]), 4, 1)).toThrow(/\[T, N, C\] or \[T, C\]/)
    expect(() => ctc(probs, int([[1], [1]]), [5, 4], [1, 1])).toThrow(
      /inputLengths exceeds[\s\S]*0 … 4[\s\S]*5/,
    )
    expect(() => ctc(probs, int([[1], [1]]), [4], [1, 1])).toThrow(/a length for each sample/)
    expect(() => ctc(probs, int([[1], [0]]), [4, 4], [1, 1])).toThrow(
      /NABLA_LABEL_RANGE[\s\S]*without the blank 0/,
    )
    expect(() => ctc(probs, int([[1], [1], [1]]), [4, 4], [1, 1])).toThrow(/do not fit logProbs/)
    expect(() => ctc(probs, int([[1], [1]]), [4, 4], [1, 1], { blank: 3 })).toThrow(/one of the classes/)
  })
})
