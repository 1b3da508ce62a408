import { expect, test } from "vitest"
import { DataLoader, glyphs } from "../../data/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { MixedLoader, type MixingName } from "./mixed-batches.ts"

const data = glyphs({ n: 44, seed: 2 })
const loader = (names: readonly MixingName[], seed = 4): MixedLoader =>
  new MixedLoader(new DataLoader(data, { batchSize: 16, shuffle: true, seed }), names, 10)
const values = (batches: Iterable<readonly [Tensor, Tensor]>): number[][] =>
  Array.from(batches, (batch) => batch.flatMap((part) => [...part.dataSync()]))

test.each<[readonly MixingName[]]>([[["mixup"]], [["cutmix"]], [["mixup", "cutmix"]]])(
  "%s: targets become shares of classes that add up to 1, images stay images",
  (names) => {
    const plain = new DataLoader(data, { batchSize: 16, shuffle: true, seed: 4 })
    const before = [...plain]
    let changed = 0
    for (const [i, [x, y]] of [...loader(names)].entries()) {
      expect(x.shape).toEqual(before[i]![0].shape)
      expect(y.shape).toEqual([x.shape[0], 10])
      for (const sum of y.sum(1).dataSync()) expect(Math.abs(sum - 1)).toBeLessThan(1e-6)
      expect(x.min().itemSync()).toBeGreaterThanOrEqual(0)
      expect(x.max().itemSync()).toBeLessThanOrEqual(1)
      changed += x.sub(before[i]![0]).abs().sum().itemSync()
    }
    expect(changed).toBeGreaterThan(1)
  },
)

test("batches follow from seed, epoch and place alone, also when it goes on within an epoch", () => {
  const whole = loader(["mixup", "cutmix"])
  const [first, second] = [values(whole), values(whole)]
  expect(first).not.toEqual(second)
  expect(values(loader(["mixup", "cutmix"]))).toEqual(first)
  expect(values(loader(["mixup", "cutmix"], 5))).not.toEqual(first)
  const half = loader(["mixup", "cutmix"])
  values(half)
  const state = (() => {
    for (const _ of half) return half.state()
    throw new Error("no batch")
  })()
  expect(state).toEqual({ epoch: 1, batch: 1, seed: 4, samples: 44 })
  const later = loader(["mixup", "cutmix"])
  later.load(state)
  expect(values(later)).toEqual(second.slice(1))
  expect(values(later)).toEqual(values(whole))
})
