import { describe, expect, test } from "vitest"
import type { Tensor } from "../tensor/index.ts"
import { associativeRecallTask, copyTask, repeatCopyTask, type SequenceTask } from "./sequences.ts"
import { addingProblem, sineMixture } from "./series.ts"

const nested = (t: Tensor): number[][][] => {
  const [batch, steps, channels] = t.shape as [number, number, number]
  const data = t.dataSync()
  return Array.from({ length: batch }, (_, i) =>
    Array.from({ length: steps }, (__, k) => [
      ...data.slice((i * steps + k) * channels, (i * steps + k + 1) * channels),
    ]),
  )
}

const samples = (task: SequenceTask) =>
  [...task].flatMap(([x, y]) => {
    const [xs, ys] = [nested(x), nested(y)]
    return xs.map((input, i) => ({ input, answer: ys[i]! }))
  })

describe("copy", () => {
  test("shows the items, a mark, and asks for the items", () => {
    const task = copyTask({ bits: 3, minLength: 2, maxLength: 4, batchSize: 5, batches: 30, seed: 4 })
    const lengths = new Set<number>()
    for (const { input, answer } of samples(task)) {
      const n = answer.length
      lengths.add(n)
      expect(input.length).toBe(2 * n + 1)
      expect(input.slice(0, n)).toEqual(answer.map((item) => [...item, 0, 0]))
      expect(input[n]).toEqual([0, 0, 0, 1, 0])
      for (const step of input.slice(n + 1)) expect(step).toEqual([0, 0, 0, 0, 1])
    }
    expect([...lengths].sort()).toEqual([2, 3, 4])
  })

  test("is a function of its seed and the epoch", () => {
    const options = { batches: 3, batchSize: 2, seed: 9 }
    const [a, b] = [copyTask(options), copyTask(options)]
    expect(samples(a)).toEqual(samples(b))
    const second = samples(a)
    expect(second).not.toEqual(samples(copyTask(options)))
    b.epoch = 1
    expect(samples(b)).toEqual(second)
  })
})

test("repeat copy says the items so often as it was told, then the end", () => {
  const task = repeatCopyTask({
    bits: 2,
    minLength: 1,
    maxLength: 3,
    maxRepeats: 4,
    batches: 40,
    batchSize: 2,
  })
  const repeats = new Set<number>()
  for (const { input, answer } of samples(task)) {
    const length = input.length - answer.length - 1
    const times = input[length]![2]! * 4
    repeats.add(times)
    const items = input.slice(0, length).map((step) => [...step.slice(0, 2), 0])
    const expected = Array.from({ length: times }, () => items).flat()
    expect(answer).toEqual([...expected, [0, 0, 1]])
    expect(input.slice(length + 1).every((step) => step.join() === "0,0,0,1")).toBe(true)
  }
  expect([...repeats].sort()).toEqual([1, 2, 3, 4])
})

test("associative recall asks for the item after the one that is shown again", () => {
  const task = associativeRecallTask({ bits: 6, itemSteps: 2, maxLength: 4, batches: 20, batchSize: 3 })
  for (const { input, answer } of samples(task)) {
    const item = (i: number) => input.slice(3 * i + 1, 3 * i + 3).map((step) => step.slice(0, 6))
    const count = (input.length - answer.length - 1) / 3 - 1
    const list = Array.from({ length: count }, (_, i) => item(i))
    const asked = item(count).join()
    const followers = list.filter((_, i) => i > 0 && list[i - 1]!.join() === asked)
    expect(followers.map(String)).toContain(String(answer))
    expect(input.filter((step) => step[6] === 1).length).toBe(count)
    expect(input.filter((step) => step[7] === 1).length).toBe(2)
  }
})

test("the adding problem marks two numbers, one in each half, and asks for their sum", () => {
  const data = addingProblem({ n: 50, length: 9, seed: 2 })
  for (let i = 0; i < 50; i++) {
    const steps = Array.from({ length: 9 }, (_, t) => [
      data.inputs[(i * 9 + t) * 2]!,
      data.inputs[(i * 9 + t) * 2 + 1]!,
    ])
    const marked = steps.flatMap(([, mark], t) => (mark === 1 ? [t] : []))
    expect(marked.length).toBe(2)
    expect(marked[0]! < 4 && marked[1]! >= 4).toBe(true)
    expect(data.targets[i]).toBeCloseTo(
      marked.reduce((sum, t) => sum + steps[t]![0]!, 0),
      6,
    )
  }
})

test("a sine mixture's targets are its inputs a step later", () => {
  const { inputs, targets } = sineMixture({ n: 3, length: 30, seed: 1 })
  for (let i = 0; i < 3; i++)
    expect([...inputs.slice(i * 30 + 1, i * 30 + 30)]).toEqual([...targets.slice(i * 30, i * 30 + 29)])
  expect(Math.max(...inputs.map(Math.abs))).toBeLessThanOrEqual(1)
})

test.each([
  ["minLength", () => copyTask({ minLength: 0 })],
  ["maxLength", () => copyTask({ minLength: 5, maxLength: 4 })],
  ["batchSize", () => copyTask({ batchSize: 1.5 })],
  ["maxRepeats", () => repeatCopyTask({ maxRepeats: 0 })],
  ["minLength", () => associativeRecallTask({ minLength: 1 })],
  ["length", () => addingProblem({ length: 1 })],
  ["waves", () => sineMixture({ waves: 0 })],
])("a wrong %s is named", (name, make) => {
  expect(make).toThrow(new RegExp(`${name} is no such number.*NABLA_INVALID_ARGUMENT`))
})
