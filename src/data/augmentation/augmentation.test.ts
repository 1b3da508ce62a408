import { expect, test } from "vitest"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import {
  arange,
  compile,
  flip,
  Generator,
  pad,
  rand,
  rot90,
  setDefaultDevice,
  tensor,
} from "../../tensor/index.ts"
import { glyphs } from "../glyphs.ts"
import { DataLoader } from "../loader.ts"
import type { Augmentation } from "./index.ts"
import {
  colorJitter,
  compose,
  contactSheet,
  cutout,
  elasticTransform,
  featureMasking,
  gaussianNoise,
  randomAffine,
  randomCrop,
  randomHorizontalFlip,
  randomRotation,
  randomVerticalFlip,
  sometimes,
  timeMasking,
  tokenDropout,
} from "./index.ts"

const list = (t: Tensor): number[] => [...t.dataSync()]
const images = (n = 6, c = 3, h = 8, w = 10): Tensor => rand([n, c, h, w], { generator: new Generator(9) })
const labels = (n: number): Tensor => arange(n, undefined, undefined, { dtype: "int32" })

function applied(augmentation: Augmentation, x: Tensor, seed = 1): Tensor {
  return augmentation([x, labels(x.shape[0]!)], new Generator(seed))[0]
}

function distance(a: Tensor, b: Tensor): number {
  return a.sub(b).abs().max().itemSync()
}

const every: [string, Augmentation][] = [
  ["randomHorizontalFlip", randomHorizontalFlip()],
  ["randomVerticalFlip", randomVerticalFlip()],
  ["randomCrop", randomCrop({ size: [8, 10], padding: 2, mode: "reflect" })],
  ["randomAffine", randomAffine({ degrees: 20, translate: [0.2, 0.1], scale: [0.8, 1.2], shear: 10 })],
  ["randomRotation", randomRotation(30, { paddingMode: "border" })],
  ["elasticTransform", elasticTransform({ alpha: 10, sigma: 2 })],
  ["colorJitter", colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.2 })],
  ["gaussianNoise", gaussianNoise()],
  ["cutout", cutout({ size: 4 })],
  ["timeMasking", timeMasking({ most: 3, count: 2, dim: 2 })],
  ["featureMasking", featureMasking({ most: 4 })],
]

test.each(every)(
  "%s: seeded, the same on both devices, different for each image, of one shape",
  (_, augmentation) => {
    const x = images(1).expand([16, 3, 8, 10]).contiguous()
    const y = list(applied(augmentation, x))
    expect(y).toHaveLength(x.numel())
    expect(list(applied(augmentation, x))).toEqual(y)
    expect(list(applied(augmentation, x, 2))).not.toEqual(y)
    const size = y.length / 16
    expect(
      new Set(Array.from({ length: 16 }, (_, i) => y.slice(i * size, (i + 1) * size).join())).size,
    ).toBeGreaterThan(1)
    setDefaultDevice("reference")
    try {
      const other = list(applied(augmentation, tensor(list(x), { shape: [...x.shape] })))
      for (const [i, value] of other.entries()) expect(Math.abs(value - y[i]!)).toBeLessThan(1e-4)
    } finally {
      setDefaultDevice("wasm")
    }
  },
)

test.each(every)("%s draws anew in each step of a compiled function", (_, augmentation) => {
  const generator = new Generator(1)
  const x = images()
  const step = compile((it: Tensor) => augmentation([it, labels(6)], generator)[0])
  const results = Array.from({ length: 4 }, () => list(step(x)).join())
  expect(new Set(results).size).toBe(4)
  const plain = new Generator(1)
  const expected = Array.from({ length: 4 }, () => list(augmentation([x, labels(6)], plain)[0]).join())
  expect(results).toEqual(expected)
})

test.each(every)("%s refuses what it cannot change", (name, augmentation) => {
  const bad = ["timeMasking", "featureMasking"].includes(name) ? tensor([1, 2]) : tensor([[1, 2]])
  if (name === "gaussianNoise") return
  expect(() => applied(augmentation, bad)).toThrow(/NABLA_(SHAPE_MISMATCH|INVALID_DIM)/)
})

test("flips are flips, each image with its probability", () => {
  const x = images()
  expect(distance(applied(randomHorizontalFlip({ p: 1 }), x), flip(x, [3]))).toBe(0)
  expect(distance(applied(randomVerticalFlip({ p: 1 }), x), flip(x, [2]))).toBe(0)
  expect(distance(applied(randomVerticalFlip({ p: 0 }), x), x)).toBe(0)
  const many = images(1, 1, 1, 2).expand([2000, 1, 1, 2])
  const flipped = applied(randomHorizontalFlip({ p: 0.3 }), many)
    .ne(many)
    .to("float32")
    .mean()
    .itemSync()
  expect(Math.abs(flipped - 0.3)).toBeLessThan(0.03)
})

test("a crop is a window of the image, at every place", () => {
  const x = arange(12, undefined, undefined, { dtype: "float32" })
    .reshape([1, 1, 3, 4])
    .expand([400, 1, 3, 4])
  const y = applied(randomCrop({ size: [2, 3] }), x)
  expect(y.shape).toEqual([400, 1, 2, 3])
  const seen = new Map<number, number>()
  for (const window of y.reshape([400, 6]).toArray() as number[][]) {
    const [first] = window as [number]
    expect(window).toEqual([0, 1, 2, 4, 5, 6].map((step) => first + step))
    seen.set(first, (seen.get(first) ?? 0) + 1)
  }
  expect([...seen.keys()].sort()).toEqual([0, 1, 4, 5])
  for (const count of seen.values()) expect(count).toBeGreaterThan(70)
  const padded = applied(randomCrop({ size: 3, padding: 1 }), x)
  expect(padded.shape).toEqual([400, 1, 3, 3])
  expect(() => applied(randomCrop({ size: 5 }), x)).toThrow("NABLA_SHAPE_MISMATCH")
})

test("affine maps keep angles on images that are not square", () => {
  const x = images(1, 1, 9, 9)
  // U(−d, d) with one seed is d·u: the angle that makes it a quarter turn.
  const u = 2 * rand([1], { generator: new Generator(1) }).itemSync() - 1
  const turned = applied(randomRotation(90 / Math.abs(u)), x)
  expect(distance(turned, rot90(x, u > 0 ? -1 : 1, [2, 3]))).toBeLessThan(1e-4)
  // A bar in the middle of a wide image, turned by a right angle, is as long as before.
  const bar = tensor([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0], { shape: [1, 1, 1, 12] })
  const wide = pad(bar, [0, 0, 5, 5])
  const upright = applied(randomRotation(90 / Math.abs(u)), wide)
  expect(upright.sum().itemSync()).toBeGreaterThan(2)
  expect(upright.amax([0, 1, 2]).gt(0.4).sum().itemSync()).toBeLessThanOrEqual(2)
  expect(distance(applied(randomAffine(), x), x)).toBeLessThan(1e-6)
  const moved = applied(randomAffine({ translate: [0.5, 0], mode: "nearest" }), images(50))
  expect(moved.eq(0).any().itemSync()).toBeTruthy()
})

test("colours stay in their range; without an amount nothing changes; a third of the circle permutes channels", () => {
  const x = images()
  const y = applied(colorJitter({ brightness: 0.9, contrast: 0.9, saturation: 0.9, hue: 0.5 }), x)
  expect(y.min().itemSync()).toBeGreaterThanOrEqual(0)
  expect(y.max().itemSync()).toBeLessThanOrEqual(1)
  expect(distance(applied(colorJitter(), x), x)).toBe(0)
  const grey = x.narrow(1, 0, 1).expand([6, 3, 8, 10])
  expect(distance(applied(colorJitter({ hue: 0.5, saturation: 0.9 }), grey), grey)).toBeLessThan(1e-5)
  // Whatever the angle, the mean of the channels stays as long as nothing is clipped.
  const mild = x.mul(0.2).add(0.4)
  const turned = applied(colorJitter({ hue: 0.5 }), mild)
  expect(distance(turned.mean(1), mild.mean(1))).toBeLessThan(1e-5)
  expect(() => applied(colorJitter({ hue: 0.1 }), images(2, 1))).toThrow("NABLA_SHAPE_MISMATCH")
})

test("noise has its standard deviation", () => {
  const noise = applied(gaussianNoise({ std: 0.5 }), images(8, 3, 40, 40).mul(0))
  expect(Math.abs(noise.mean().itemSync())).toBeLessThan(0.01)
  expect(Math.abs(noise.std().itemSync() - 0.5)).toBeLessThan(0.01)
})

test("elastic fields are smooth, and bend nothing without a size", () => {
  const x = arange(40, undefined, undefined, { dtype: "float32" })
    .reshape([1, 1, 1, 40])
    .expand([4, 1, 40, 40])
  expect(distance(applied(elasticTransform({ alpha: 0 }), x), x)).toBeLessThan(1e-3)
  const bent = applied(elasticTransform({ alpha: 30, sigma: 5, paddingMode: "border" }), x)
  expect(distance(bent, x)).toBeGreaterThan(0.5)
  expect(distance(bent.narrow(2, 1, 39), bent.narrow(2, 0, 39))).toBeLessThan(1)
})

test("squares and spans are hidden as large as they are said to be", () => {
  const x = images(200, 1, 20, 20).add(1)
  const hidden = applied(cutout({ size: 6 }), x)
    .eq(0)
    .to("float32")
    .sum([1, 2, 3])
  expect(hidden.max().itemSync()).toBe(36)
  expect(hidden.min().itemSync()).toBeGreaterThanOrEqual(9)
  const none = applied(cutout({ size: 6, p: 0.25 }), x)
    .eq(0)
    .to("float32")
    .sum([1, 2, 3])
    .eq(0)
  expect(Math.abs(none.to("float32").mean().itemSync() - 0.75)).toBeLessThan(0.1)
  const times = applied(timeMasking({ most: 5 }), x.reshape([200, 20, 20]))
    .eq(0)
    .to("float32")
  const lengths = list(times.sum([1, 2])).map((value) => value / 20)
  expect([...new Set(lengths)].sort()).toEqual([0, 1, 2, 3, 4, 5])
  const features = applied(featureMasking({ most: 5, value: -1 }), x.reshape([200, 20, 20])).eq(-1)
  expect([...new Set(list(features.to("float32").sum([1, 2])).map((value) => value / 20))].sort()).toEqual([
    0, 1, 2, 3, 4, 5,
  ])
})

test("tokens are dropped with their probability and stay whole numbers", () => {
  const x = arange(10_000, undefined, undefined, { dtype: "int32" }).reshape([100, 100]).add(1)
  const y = applied(tokenDropout({ p: 0.2, replacement: 0 }), x)
  expect(y.dtype).toBe("int32")
  expect(Math.abs(y.eq(0).to("float32").mean().itemSync() - 0.2)).toBeLessThan(0.02)
  expect(y.eq(0).logicalOr(y.eq(x)).all().itemSync()).toBeTruthy()
})

test("composed, with probabilities, and with what mixes targets", () => {
  const x = images()
  const noisy = sometimes(0.5, gaussianNoise())
  const many = images(1, 1, 2, 2).expand([1000, 1, 2, 2])
  const changed = applied(noisy, many).ne(many).reshape([1000, 4]).any(1).to("float32").mean().itemSync()
  expect(Math.abs(changed - 0.5)).toBeLessThan(0.05)
  const mix: Augmentation = ([a, b], generator) => nn.mixup(a, b, { numClasses: 6, generator })
  const [mixed, soft] = compose(randomHorizontalFlip(), noisy, mix)([x, labels(6)], new Generator(1))
  expect([mixed.shape, soft.shape]).toEqual([x.shape, [6, 6]])
  for (const sum of list(soft.sum(1))) expect(sum).toBeCloseTo(1, 6)
  expect(() => applied(sometimes(0.5, mix), x)).toThrow(/changes targets/)
  expect(() => applied(sometimes(0.5, randomCrop({ size: 4 })), x)).toThrow("NABLA_SHAPE_MISMATCH")
})

test("a contact sheet shows each image and what may become of it", () => {
  const x = images(2, 1, 3, 4)
  const sheet = contactSheet(x, randomHorizontalFlip({ p: 1 }), { columns: 2, gap: 1, value: 0.5 })
  expect(sheet.shape).toEqual([1, 2 * 4 + 1, 3 * 5 + 1])
  const at = (row: number, column: number): Tensor =>
    sheet.narrow(1, 1 + row * 4, 3).narrow(2, 1 + column * 5, 4)
  for (const row of [0, 1]) {
    const image = x.select(0, row)
    expect(distance(at(row, 0), image)).toBe(0)
    for (const column of [1, 2]) expect(distance(at(row, column), flip(image, [2]))).toBe(0)
  }
  expect(sheet.select(1, 0).eq(0.5).all().itemSync()).toBeTruthy()
})

test.each([
  () => randomHorizontalFlip({ p: 2 }),
  () => randomCrop({ size: 0 }),
  () => randomCrop({ size: 3, mode: "mirror" as "reflect" }),
  () => randomAffine({ degrees: -1 }),
  () => randomAffine({ scale: [2, 1] }),
  () => randomAffine({ angle: 3 } as object),
  () => randomRotation(10, { mode: "cubic" as "nearest" }),
  () => elasticTransform({ sigma: 0 }),
  () => colorJitter({ hue: 0.6 }),
  () => gaussianNoise({ std: Number.NaN }),
  () => cutout({ size: 1.5 }),
  () => timeMasking({ most: 0 }),
  () => tokenDropout({ p: 0.5 } as never),
  () => sometimes(-0.1, gaussianNoise()),
])("bad options are refused at once (%#)", (make) => {
  expect(make).toThrow("NABLA_INVALID_ARGUMENT")
})

test("a loader replays what can be replayed, with the same bits as the augmentation by itself", () => {
  const data = glyphs({ n: 40, seed: 5 })
  const augment = compose(
    randomCrop({ size: 28, padding: 3 }),
    sometimes(0.5, randomAffine({ degrees: 10, scale: [0.9, 1.1] })),
    gaussianNoise({ std: 0.05 }),
  )
  expect(augment.replayable).toBe(true)
  const options = { batchSize: 16, shuffle: true, seed: 3 }
  // Wrapped, it is a function that nobody has vouched for.
  const plain = new DataLoader(data, { ...options, augment: (batch, generator) => augment(batch, generator) })
  const replayed = new DataLoader(data, { ...options, augment })
  for (let epoch = 0; epoch < 3; epoch++) {
    // All batches first: one must not lie in the memory of another.
    const [wanted, got] = [[...plain], [...replayed]]
    expect(got.map(([x, y]) => [list(x), list(y)])).toEqual(wanted.map(([x, y]) => [list(x), list(y)]))
  }
  replayed.load({ epoch: 1, batch: 2, seed: 3, samples: 40 })
  plain.load({ epoch: 1, batch: 2, seed: 3, samples: 40 })
  expect([...replayed].map(([x]) => list(x))).toEqual([...plain].map(([x]) => list(x)))
})

test("what a user's function does on the host is done for each batch", () => {
  let calls = 0
  const counted = compose(randomHorizontalFlip(), ([x, y]) => [x.add(calls++), y])
  expect(counted.replayable).toBeUndefined()
  const loader = new DataLoader(glyphs({ n: 12 }), { batchSize: 4, augment: counted })
  const means = [...loader, ...loader].map(([x]) => Math.floor(x.min().itemSync()))
  expect(means).toEqual([0, 1, 2, 3, 4, 5])
})
