import { expect, test } from "vitest"
import { Random } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { grad, tensor } from "../../tensor/index.ts"
import { arrayDataset } from "../dataset.ts"
import { DataLoader } from "../loader.ts"
import type { FitSource, Transform } from "./index.ts"
import {
  Imputer,
  LogTransform,
  MinMaxScaler,
  OneHotEncoder,
  PCA,
  Pipeline,
  preprocess,
  preprocessingFrom,
  QuantileTransformer,
  RobustScaler,
  StandardScaler,
  ZCA,
} from "./index.ts"

/** n points in d dimensions that hang together, far from 0. */
function cloud(n: number, d: number, seed = 1): Tensor {
  const random = new Random(seed)
  const data = Float64Array.from({ length: n * d }, () => random.normal())
  for (let i = 0; i < n; i++) for (let j = 1; j < d; j++) data[i * d + j]! += 0.9 * data[i * d + j - 1]!
  return tensor(
    data.map((value, at) => 3 + 10 * (at % d) + (1 + (at % d)) * value),
    { shape: [n, d], dtype: "float64" },
  )
}

const list = (t: Tensor): number[] => [...t.dataSync()]

function expectClose(
  actual: Tensor | readonly number[],
  expected: Tensor | readonly number[],
  within = 1e-9,
) {
  const [a, b] = [actual, expected].map((it) => (Array.isArray(it) ? it : list(it as Tensor)) as number[])
  expect(a).toHaveLength(b!.length)
  for (const [i, value] of a!.entries()) {
    if (Number.isNaN(b![i])) expect(value).toBeNaN()
    else expect(Math.abs(value - b![i]!)).toBeLessThanOrEqual(within * (1 + Math.abs(b![i]!)))
  }
}

/** Covariance with n as the divisor, row by row. */
function covariance(t: Tensor): Tensor {
  const centred = t.sub(t.mean(0))
  return centred.t().matmul(centred).div(t.shape[0]!)
}

const identity = (d: number): number[] => Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0))

test("standardising gives mean 0 and variance 1, constant features 0", async () => {
  const x = tensor(
    [
      [1, 5, 1e9],
      [2, 5, 1e9 + 1],
      [6, 5, 1e9 + 2],
    ],
    { dtype: "float64" },
  )
  const scaler = await new StandardScaler().fit(x)
  expectClose(scaler.parameters.shift, [3, 5, 1e9 + 1], 1e-15)
  expectClose(scaler.parameters.scale, [Math.sqrt(14 / 3), 1, Math.sqrt(2 / 3)], 1e-15)
  expectClose(scaler.transform(x).mean(0), [0, 0, 0])
  expectClose(scaler.transform(x).var(0, { correction: 0 }), [1, 0, 1])
  const centred = await new StandardScaler({ withStd: false }).fit(x)
  expectClose(centred.transform(x).select(1, 0), [-2, -1, 3])
})

test("what is learned does not depend on how the data are cut", async () => {
  const x = cloud(1000, 3)
  function* parts(): Generator<Tensor> {
    yield x.narrow(0, 0, 1)
    yield x.narrow(0, 1, 700)
    yield x.narrow(0, 701, 299)
  }
  const makes: (() => Transform)[] = [
    () => new StandardScaler(),
    () => new MinMaxScaler(),
    () => new RobustScaler(),
    () => new PCA({ whiten: true }),
    () => new ZCA(),
    () => new QuantileTransformer(),
    () => new Imputer(),
  ]
  for (const make of makes) {
    const [whole, cut] = [await make().fit(x), await make().fit(parts())]
    expectClose(cut.transform(x), whole.transform(x), 1e-9)
  }
})

test("min–max takes the extremes to the range", async () => {
  const x = tensor([
    [1, 7],
    [3, 7],
    [2, 7],
  ])
  const scaler = await new MinMaxScaler({ range: [-1, 1] }).fit(x)
  expect(scaler.transform(x).toArray()).toEqual([
    [-1, -1],
    [1, -1],
    [0, -1],
  ])
  expect(scaler.inverse(scaler.transform(x)).toArray()).toEqual(x.toArray())
})

test("robust scaling takes medians and quartiles, which an outlier does not move", async () => {
  const x = tensor([1, 2, 3, 4, 1e6], { shape: [5, 1] })
  const scaler = await new RobustScaler().fit(x)
  expect(scaler.parameters).toEqual({ features: 1, shift: [3], scale: [2] })
  const sampled = await new RobustScaler({ sampleSize: 4000, seed: 3 }).fit(cloud(40000, 1))
  expect(Math.abs(sampled.parameters.shift[0]! - 3)).toBeLessThan(0.1)
  expect(Math.abs(sampled.parameters.scale[0]! - 1.349)).toBeLessThan(0.1)
})

test("whitening gives the identity as covariance; ZCA moves the data least", async () => {
  const x = cloud(500, 4)
  const pca = await new PCA({ whiten: true, epsilon: 0 }).fit(x)
  const zca = await new ZCA({ epsilon: 0 }).fit(x)
  expectClose(covariance(pca.transform(x)), identity(4), 1e-9)
  expectClose(covariance(zca.transform(x)), identity(4), 1e-9)
  const centred = x.sub(x.mean(0))
  const moved = (y: Tensor) => y.sub(centred).square().sum().itemSync()
  expect(moved(zca.transform(x))).toBeLessThan(moved(pca.transform(x)))
  // The matrix of ZCA is symmetric: it is what it does to the unit vectors.
  const unit = tensor(identity(4), { shape: [4, 4], dtype: "float64" })
  const matrix = zca.transform(unit).sub(zca.transform(unit.mul(0)))
  expectClose(matrix, matrix.t().contiguous(), 1e-9)
})

test("PCA keeps the axes that explain most, descending, with settled signs", async () => {
  const x = tensor(
    [
      [2, 0],
      [-2, 0],
      [0, 1],
      [0, -1],
    ],
    { dtype: "float64" },
  )
  const pca = await new PCA().fit(x)
  expectClose(pca.parameters.variance, [2, 0.5])
  expectClose(pca.parameters.axes, [1, 0, 0, 1])
  const first = await new PCA({ components: 0.75 }).fit(x)
  expect(first.transform(x).toArray()).toEqual([[2], [-2], [0], [0]])
  expect(first.inverse(first.transform(x)).toArray()).toEqual([
    [2, 0],
    [-2, 0],
    [0, 0],
    [0, 0],
  ])
  const image = cloud(50, 12).reshape([50, 3, 2, 2])
  const flat = await new PCA({ components: 5 }).fit(image)
  expect(flat.transform(image).shape).toEqual([50, 5])
  await expect(new PCA({ components: 13 }).fit(image)).rejects.toThrow("fewer features")
})

test("a direction without variance is not blown up", async () => {
  const x = cloud(100, 2)
  const flat = x.indexSelect(1, tensor([0, 0, 1], { dtype: "int32" }))
  const y = (await new ZCA().fit(flat)).transform(flat.to("float32"))
  expect(y.abs().max().itemSync()).toBeLessThan(6)
  const still = tensor([
    [1, 2],
    [1, 2],
  ])
  expect((await new ZCA().fit(still)).transform(still).toArray()).toEqual([
    [0, 0],
    [0, 0],
  ])
})

test("logarithms, with an offset or from the minimum on", async () => {
  const x = tensor([[0], [Math.E - 1], [1e-8]], { dtype: "float64" })
  const log = await new LogTransform().fit(x)
  expectClose(log.transform(x), [0, 1, 1e-8], 1e-16)
  const below = tensor([[-5], [5]], { dtype: "float64" })
  await expect(new LogTransform().fit(below)).rejects.toThrow(/without a logarithm[\s\S]*fromMinimum/)
  const shifted = await new LogTransform({ fromMinimum: true }).fit(below)
  expectClose(shifted.transform(below), [0, Math.log(11)])
})

test("quantiles make any distribution uniform or normal", async () => {
  const random = new Random(4)
  const x = tensor(
    Float64Array.from({ length: 4000 }, () => Math.exp(3 * random.normal())),
    { shape: [4000, 1], dtype: "float64" },
  )
  const uniform = (await new QuantileTransformer().fit(x)).transform(x)
  expectClose([uniform.mean().itemSync(), uniform.var().itemSync()], [0.5, 1 / 12], 1e-3)
  const normal = (await new QuantileTransformer({ output: "normal" }).fit(x)).transform(x)
  expect(Math.abs(normal.mean().itemSync())).toBeLessThan(1e-3)
  expect(Math.abs(normal.std().itemSync() - 1)).toBeLessThan(0.02)
  const steps = tensor([[0], [1], [1], [1], [2]])
  const known = await new QuantileTransformer().fit(steps)
  expectClose(known.transform(tensor([[-9], [0], [0.5], [1], [2], [9]])), [0, 0, 0.125, 0.5, 1, 1], 1e-6)
})

test("missing values are filled in, and can be marked", async () => {
  const gap = Number.NaN
  const x = tensor(
    [
      [1, gap, 4],
      [gap, gap, 5],
      [3, gap, 12],
    ],
    { dtype: "float64" },
  )
  const means = (await new Imputer().fit(x)).transform(x)
  expect(means.toArray()).toEqual([
    [1, 0, 4],
    [2, 0, 5],
    [3, 0, 12],
  ])
  const medians = await new Imputer({ strategy: "median" }).fit(x)
  expect(medians.transform(tensor([[gap, gap, gap]])).toArray()).toEqual([[2, 0, 5]])
  const marked = await new Imputer({ strategy: "constant", value: 9, indicator: true }).fit(x)
  expect(marked.transform(x).narrow(0, 1, 1).toArray()).toEqual([[9, 9, 5, 1, 1, 0]])
  expectClose(marked.inverse(marked.transform(x)), x)
})

test("categories become features of their own", async () => {
  const x = tensor([
    [3, 0.5, 0],
    [-1, 1.5, 2],
    [3, 2.5, 2],
  ])
  const encoder = await new OneHotEncoder({ columns: [0, 2] }).fit(x)
  expect(encoder.categories).toEqual([[-1, 3], [], [0, 2]])
  expect(encoder.transform(x).toArray()).toEqual([
    [0, 1, 0.5, 1, 0],
    [1, 0, 1.5, 0, 1],
    [0, 1, 2.5, 0, 1],
  ])
  expect(encoder.inverse(encoder.transform(x)).toArray()).toEqual(x.toArray())
  expect(encoder.transform(tensor([[7, 1, 0]])).toArray()).toEqual([[0, 0, 1, 1, 0]])
  await expect(new OneHotEncoder({ maxCategories: 2 }).fit(x)).rejects.toThrow("too many values")
  await expect(new OneHotEncoder({ columns: [3] }).fit(x)).rejects.toThrow("no feature 3")
})

const every: [string, () => Transform][] = [
  ["StandardScaler", () => new StandardScaler()],
  ["MinMaxScaler", () => new MinMaxScaler({ range: [-1, 2] })],
  ["RobustScaler", () => new RobustScaler()],
  ["PCA", () => new PCA()],
  ["PCA whitening", () => new PCA({ whiten: true })],
  ["ZCA", () => new ZCA()],
  ["LogTransform", () => new LogTransform({ fromMinimum: true })],
  ["QuantileTransformer", () => new QuantileTransformer()],
  ["QuantileTransformer, normal", () => new QuantileTransformer({ output: "normal" })],
  ["Imputer", () => new Imputer({ indicator: true })],
  ["OneHotEncoder", () => new OneHotEncoder()],
  ["Pipeline", () => new Pipeline([new Imputer(), new Pipeline([new StandardScaler(), new ZCA()])])],
]

test.each(every)("%s: inverse undoes transform, JSON keeps the bits, derivatives pass", async (_, make) => {
  const x = cloud(60, 3)
  const fitted = await make().fit(x)
  const y = fitted.transform(x)
  expectClose(fitted.inverse(y), x, 1e-6)
  const text = JSON.stringify(fitted)
  const again = preprocessingFrom(JSON.parse(text))
  expect(JSON.stringify(again)).toBe(text)
  expect(again.transform(x).dataSync()).toEqual(y.dataSync())
  const g = grad((it: Tensor) => fitted.transform(it).sum())(x)
  expect((g as Tensor).shape).toEqual([60, 3])
  expect(fitted.transform(x.to("float32")).dtype).toBe("float32")
})

test.each(every)("%s: bad input", async (_, make) => {
  await expect(make().fit(tensor([], { shape: [0, 3] }))).rejects.toThrow("NABLA_EMPTY_DATA")
  await expect(make().fit([])).rejects.toThrow("NABLA_EMPTY_DATA")
  await expect(make().fit([cloud(3, 2), cloud(3, 3)])).rejects.toThrow("NABLA_SHAPE_MISMATCH")
  expect(() => make().transform(cloud(2, 2))).toThrow(/await fit/)
  const fitted = await make().fit(cloud(30, 3))
  expect(() => fitted.transform(cloud(3, 2))).toThrow("NABLA_SHAPE_MISMATCH")
  expect(() => fitted.transform(tensor([1, 2, 3]))).toThrow("NABLA_SHAPE_MISMATCH")
})

test("values that are no numbers are refused by name of the feature", async () => {
  const x = tensor([
    [1, 2],
    [3, Number.NaN],
  ])
  for (const make of [
    () => new StandardScaler(),
    () => new ZCA(),
    () => new RobustScaler(),
    () => new MinMaxScaler(),
  ])
    await expect(make().fit(x)).rejects.toThrow(/feature 1[\s\S]*NABLA_NON_FINITE[\s\S]*Imputer/)
  // A refused fit leaves nothing behind.
  const scaler = new StandardScaler()
  await scaler.fit(x).catch(() => null)
  expect(scaler.fitted).toBe(false)
})

test("features may be channels, or the last dimension of sequences", async () => {
  const images = cloud(40, 3).reshape([10, 2, 2, 3]).permute([0, 3, 1, 2])
  const scaler = await new StandardScaler().fit(images)
  const y = scaler.transform(images)
  expect(y.shape).toEqual([10, 3, 2, 2])
  expectClose(y.mean([0, 2, 3]), [0, 0, 0])
  expectClose(scaler.inverse(y), images.contiguous())
  const last = await new StandardScaler({ dim: -1 }).fit(images.permute([0, 2, 3, 1]))
  expect(last.parameters).toEqual(scaler.parameters)
})

test("sources: data sets, loaders, functions; an iterator serves one stage only", async () => {
  const x = cloud(50, 2).to("float32")
  const inputs = Float32Array.from(x.dataSync())
  const dataset = arrayDataset({
    name: "cloud",
    inputs,
    inputShape: [2],
    targets: new Int32Array(50),
    targetShape: [],
  })
  const loader = new DataLoader(dataset, { batchSize: 7 })
  const sources: FitSource[] = [x, dataset, loader, () => loader, [x.narrow(0, 0, 20), x.narrow(0, 20, 30)]]
  const expected = await new Pipeline([new StandardScaler(), new PCA()]).fit(x)
  for (const source of sources) {
    const fitted = await new Pipeline([new StandardScaler(), new PCA()]).fit(source)
    expectClose(fitted.transform(x), expected.transform(x), 1e-5)
  }
  const once = [x][Symbol.iterator]()
  await expect(new Pipeline([new StandardScaler(), new PCA()]).fit(once)).rejects.toThrow(/only once/)
  const ready = await preprocess(dataset, await new PCA({ components: 1 }).fit(dataset))
  expect([ready.length, ready.inputShape, ready.name]).toEqual([50, [1], "cloud"])
})

test.each([
  [null],
  [{ kind: "Nothing", options: {}, learned: null }],
  [{ kind: "StandardScaler", options: {}, learned: { features: 2, shift: [1], scale: [1, 2] } }],
  [{ kind: "StandardScaler", options: {}, learned: { features: 1, shift: [null], scale: [1] } }],
  [{ kind: "StandardScaler", options: { dimm: 1 }, learned: null }],
  [{ kind: "StandardScaler", options: { dim: "x" }, learned: null }],
  [{ kind: "OneHotEncoder", options: { columns: 3 }, learned: null }],
  [
    {
      kind: "PCA",
      options: {},
      learned: { features: 2, components: 9, mean: [0, 0], variance: [], scale: [], axes: [] },
    },
  ],
  [{ kind: "Pipeline", options: {}, learned: { stages: [] } }],
])("what is no saved preprocessing is refused: %j", (state) => {
  expect(() => preprocessingFrom(state)).toThrow("NABLA_FILE_FORMAT")
})

test("options that do not exist are refused", () => {
  expect(() => new ZCA({ eps: 1 } as object)).toThrow(/no such option[\s\S]*eps/)
  expect(() => new MinMaxScaler({ range: [1, 1] })).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => new PCA({ components: 0 })).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => new QuantileTransformer({ output: "gamma" as "normal" })).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => new Pipeline([])).toThrow("NABLA_INVALID_ARGUMENT")
})
