import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  compile,
  grad,
  gradcheck,
  setDefaultDevice,
  setKernelChecks,
  tensor,
  vmap,
  zeros,
} from "../../tensor/index.ts"
import * as losses from "./index.ts"
import * as modules from "./modules.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("reference"))

const f64 = { dtype: "float64" } as const
const int = (values: number[] | number[][]): Tensor => tensor(values, { dtype: "int32" })
/** −0 counts as 0. */
const values = (t: Tensor): number[] => Array.from(t.dataSync(), (v) => v + 0)

const x = tensor(
  [
    [0.5, -1, 2],
    [3, 0.25, -0.5],
  ],
  f64,
)
const y = tensor(
  [
    [0, 1, 1],
    [1, 0, 1],
  ],
  f64,
)
const z = tensor(
  [
    [1, 0.5, -2],
    [0.25, -1, 1],
  ],
  f64,
)
const sign = y.mul(2).sub(1)
const p = x.sigmoid()
const rows = tensor([[2], [0.5]], f64)
const classes = tensor([1, 2, 4], f64)
const logX = x.logSoftmax(1)
const q = z.softmax(1)

type Reduced = { readonly reduction: "none" | "mean" | "sum" }

/** Each loss, with the values for single elements that PyTorch 1.13 computes. */
const table: readonly (readonly [string, (options: Reduced) => Tensor, readonly number[]])[] = [
  ["l1", (o) => losses.l1(x, z, o), [0.5, 1.5, 4, 2.75, 1.25, 1.5]],
  [
    "smoothL1",
    (o) => losses.smoothL1(x, z, { beta: 1.5, ...o }),
    [0.083333333333, 0.75, 3.25, 2, 0.520833333333, 0.75],
  ],
  ["smoothL1 with beta 0", (o) => losses.smoothL1(x, z, { beta: 0, ...o }), [0.5, 1.5, 4, 2.75, 1.25, 1.5]],
  ["huber", (o) => losses.huber(x, z, { delta: 1.5, ...o }), [0.125, 1.125, 4.875, 3, 0.78125, 1.125]],
  [
    "bce",
    (o) => losses.bce(p, y, { weight: rows, ...o }),
    [1.94815396836, 2.626523375036, 0.253856022086, 0.024293675787, 0.412969709939, 0.48703849209],
  ],
  [
    "bceWithLogits",
    (o) => losses.bceWithLogits(x, y, { weight: rows, posWeight: classes, ...o }),
    [1.94815396836, 5.253046750073, 1.015424088344, 0.024293675787, 0.412969709939, 1.94815396836],
  ],
  [
    "klDiv",
    (o) => losses.klDiv(logX, q, o),
    [0.746664950419, 0.819067401244, -0.098090735129, -0.333435857951, 0.030738040767, 1.937641285695],
  ],
  [
    "klDiv of logarithms",
    (o) => losses.klDiv(logX, q.log(), { logTarget: true, ...o }),
    [0.746664950419, 0.819067401244, -0.098090735129, -0.333435857951, 0.030738040767, 1.937641285695],
  ],
  ["hinge", (o) => losses.hinge(x, sign, o), [1.5, 2, 0, 0, 1.25, 1.5]],
  ["hinge, squared", (o) => losses.hinge(x, sign, { squared: true, ...o }), [2.25, 4, 0, 0, 1.5625, 2.25]],
  ["hingeEmbedding", (o) => losses.hingeEmbedding(x, sign, { margin: 1.5, ...o }), [1, -1, 2, 3, 1.25, -0.5]],
  [
    "softMargin",
    (o) => losses.softMargin(x, sign, o),
    [0.97407698418, 1.313261687518, 0.126928011043, 0.048587351574, 0.825939419879, 0.97407698418],
  ],
  [
    "cosineEmbedding",
    (o) => losses.cosineEmbedding(x, z, tensor([1, -1]), { margin: 0.1, ...o }),
    [1.761904761905, 0],
  ],
  ["marginRanking", (o) => losses.marginRanking(x, z, sign, { margin: 0.5, ...o }), [0, 2, 0, 0, 1.75, 2]],
  [
    "tripletMargin",
    (o) => losses.tripletMargin(x, z, y, { margin: 2, ...o }),
    [4.009875469252, 2.860215928266],
  ],
  [
    "tripletMargin with swap",
    (o) => losses.tripletMargin(x, z, y, { margin: 2, p: 1, swap: true, ...o }),
    [4.499998, 5.750002],
  ],
  [
    "tripletMarginWithDistance",
    (o) =>
      losses.tripletMarginWithDistance(x, z, y, {
        margin: 2,
        distanceFunction: (a, b) => a.sub(b).square().sum(-1),
        ...o,
      }),
    [15.25, 7.0625],
  ],
  [
    "multiMargin",
    (o) => losses.multiMargin(x, int([0, 1]), { p: 2, margin: 0.5, weight: classes, ...o }),
    [4 / 3, 21.125 / 3],
  ],
  [
    "multiLabelMargin",
    (o) =>
      losses.multiLabelMargin(
        x,
        int([
          [1, 2, -1],
          [2, -1, 0],
        ]),
        o,
      ),
    [0.833333333333, 2.083333333333],
  ],
  [
    "multiLabelSoftMargin",
    (o) => losses.multiLabelSoftMargin(x, y, { weight: classes, ...o }),
    [1.369437467796, 1.865591376017],
  ],
  [
    "poissonNll",
    (o) => losses.poissonNll(x, y.mul(3), { full: true, ...o }),
    [1.6487212707, 5.131960984714, 3.153137642474, 12.849618466731, 1.284025416688, 3.870612203256],
  ],
  [
    "poissonNll of rates",
    (o) => losses.poissonNll(p, y.mul(3), { logInput: false, ...o }),
    [0.622459331202, 4.208726372376, 1.261581077047, 1.09833615005, 0.562176500886, 3.299771541877],
  ],
  [
    "gaussianNll",
    (o) => losses.gaussianNll(x, z, rows, { full: true, ...o }),
    [1.328012123485, 1.828012123485, 5.265512123485, 8.134864942925, 2.134864942925, 2.822364942925],
  ],
  [
    "focal",
    (o) => losses.focal(x, y, o),
    [0.283058700645, 0.175467075853, 0.000450890709, 0.000027320831, 0.195773918627, 0.0943529002149],
  ],
  [
    "focal of classes",
    (o) => losses.focal(x, int([2, 0]), { gamma: 1.5, ...o }),
    [0.023956525719, 0.002269785405],
  ],
]

describe.each(table)("%s", (_, loss, expected) => {
  test("has PyTorch's values", () => {
    for (const device of ["reference", "wasm"] as const) {
      setDefaultDevice(device)
      const got = values(loss({ reduction: "none" }))
      expect(got.length).toBe(expected.length)
      got.forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 9))
    }
  })

  test("is summed or averaged", () => {
    const sum = expected.reduce((a, b) => a + b, 0)
    expect(loss({ reduction: "sum" }).itemSync()).toBeCloseTo(sum, 9)
    expect(loss({ reduction: "mean" }).itemSync()).toBeCloseTo(sum / expected.length, 9)
    expect(() => loss({ reduction: "avg" as "mean" })).toThrow(/NABLA_INVALID_ARGUMENT/)
  })
})

describe("nll", () => {
  test("weighs classes and divides by the weights", () => {
    const loss = losses.nll(x, int([2, 0]), { weight: classes })
    expect(loss.itemSync()).toBeCloseTo(-2.2, 12)
    expect(losses.nll(x, int([2, 0]), { ignoreIndex: 2 }).itemSync()).toBe(-3)
    expect(() => losses.nll(x, int([2, 3]))).toThrow(/NABLA_LABEL_RANGE[\s\S]*3 at index 1/)
  })
})

describe("derivatives", () => {
  const smooth: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
    bce: (a, b) => losses.bce(a.sigmoid(), b.sigmoid()),
    bceWithLogits: (a, b) => losses.bceWithLogits(a, b.sigmoid(), { posWeight: classes }),
    klDiv: (a, b) => losses.klDiv(a.logSoftmax(1), b.softmax(1), { reduction: "batchmean" }),
    softMargin: (a) => losses.softMargin(a, sign),
    huber: (a, b) => losses.huber(a, b, { delta: 1.5 }),
    cosineEmbedding: (a, b) => losses.cosineEmbedding(a, b, tensor([1, 1])),
    tripletMargin: (a, b) => losses.tripletMargin(a, b, y, { margin: 9 }),
    poissonNll: (a) => losses.poissonNll(a, y.mul(3)),
    gaussianNll: (a, b) => losses.gaussianNll(a, z, b.exp()),
    focal: (a) => losses.focal(a, y, { gamma: 1.5 }),
    focalClasses: (a) => losses.focal(a, int([1, 2]), { gamma: 2, weight: classes }),
    multiLabelSoftMargin: (a) => losses.multiLabelSoftMargin(a, y),
    squaredHinge: (a) => losses.hinge(a, sign, { squared: true }),
  }

  test.each(Object.entries(smooth))("%s: first and second", (_, f) => {
    const at = [x.add(0.11), z.sub(0.07)]
    expect(gradcheck(f as (...args: unknown[]) => unknown, at)).toBe(true)
    const slope = (a: Tensor): Tensor => grad((input: Tensor) => f(input, at[1]!))(a) as Tensor
    expect(gradcheck(slope as (...args: unknown[]) => unknown, [at[0]!])).toBe(true)
  })

  test("bce pulls where a prediction is certain and wrong, and nowhere gives NaN", () => {
    const certain = tensor([0, 1, 0, 1], f64)
    const truth = tensor([0, 1, 1, 0], f64)
    expect(values(losses.bce(certain, truth, { reduction: "none" }))).toEqual([0, 0, 100, 100])
    const slope = grad((a: Tensor) => losses.bce(a, truth, { reduction: "sum" }))(certain) as Tensor
    expect(values(slope).map((v) => Math.round(v / 1e11) / 10)).toEqual([0, 0, -1, 1])
  })

  test("gaussianNll's bound does not cut the derivative of the variance", () => {
    const tiny = tensor([0], f64)
    const slope = grad((v: Tensor) => losses.gaussianNll(tensor([0], f64), tensor([1], f64), v, { eps: 0.5 }))
    expect(values(slope(tiny) as Tensor)[0]).toBeCloseTo(0.5 * (2 - 4), 12)
  })

  test("bce works under vmap and compile", () => {
    const each = vmap((a: Tensor, b: Tensor) => losses.bce(a, b))(p, y) as Tensor
    expect(values(each)[0]).toBeCloseTo(losses.bce(p.select(0, 0), y.select(0, 0)).itemSync(), 12)
    const step = compile((a: Tensor) => losses.bce(a.sigmoid(), y))
    const got = [x, x.mul(2), x.mul(3)].map((a) => step(a).itemSync())
    ;[1, 2, 3].forEach((k, i) => {
      expect(got[i]).toBeCloseTo(losses.bceWithLogits(x.mul(k), y).itemSync(), 12)
    })
  })
})

describe("logits that would overflow", () => {
  test("give exact losses", () => {
    const huge = tensor([-1000, 1000, -1000, 1000])
    const truth = tensor([0, 1, 1, 0])
    expect(values(losses.bceWithLogits(huge, truth, { reduction: "none" }))).toEqual([0, 0, 1000, 1000])
    expect(values(losses.softMargin(huge, truth.mul(2).sub(1), { reduction: "none" }))).toEqual([
      0, 0, 1000, 1000,
    ])
    expect(values(losses.focal(huge, truth, { alpha: null, reduction: "none" }))).toEqual([0, 0, 1000, 1000])
  })
})

describe("arguments that do not fit", () => {
  test.each([
    "l1",
    "mse",
    "smoothL1",
    "huber",
    "bce",
    "bceWithLogits",
    "klDiv",
    "hinge",
    "softMargin",
  ] as const)("%s does not broadcast", (name) => {
    const loss = Reflect.get(losses, name) as (a: Tensor, b: Tensor) => Tensor
    expect(() => loss(zeros([4]), zeros([4, 1]))).toThrow(/NABLA_SHAPE_MISMATCH[\s\S]*\[4\][\s\S]*\[4, 1\]/)
  })

  test("options out of range are named", () => {
    expect(() => losses.huber(x, z, { delta: 0 })).toThrow(/delta[\s\S]*> 0/)
    expect(() => losses.smoothL1(x, z, { beta: -1 })).toThrow(/beta[\s\S]*≥ 0/)
    expect(() => losses.multiMargin(x, int([0, 1]), { p: 3 as 2 })).toThrow(/p: 1 \| 2/)
    expect(() => losses.gaussianNll(x, z, tensor([[1], [-1]]))).toThrow(/not negative/)
    expect(() => losses.gaussianNll(x, z, zeros([3]))).toThrow(/\[2, 3\], \[2, 1\] or \[2\]/)
    expect(() => losses.cosineEmbedding(x, z, zeros([2, 1]))).toThrow(/one label for each pair/)
    expect(() =>
      losses.multiLabelMargin(
        x,
        int([
          [0, 1, 3],
          [0, -1, 0],
        ]),
      ),
    ).toThrow(/-1 … 2/)
    expect(() => losses.focal(x, y, { gamma: -1 })).toThrow(/gamma/)
  })
})

describe("losses as modules", () => {
  test("compute what the functions do", () => {
    expect(new modules.MSELoss({ reduction: "sum" }).forward(x, z).itemSync()).toBe(
      losses.mse(x, z, { reduction: "sum" }).itemSync(),
    )
    expect(new modules.HuberLoss({ delta: 2 }).forward(x, z).itemSync()).toBe(
      losses.huber(x, z, { delta: 2 }).itemSync(),
    )
    expect(new modules.TripletMarginLoss({ margin: 2 }).forward(x, z, y).itemSync()).toBe(
      losses.tripletMargin(x, z, y, { margin: 2 }).itemSync(),
    )
    expect(new modules.KLDivLoss({ reduction: "batchmean" }).forward(logX, q).itemSync()).toBeCloseTo(
      1.551292542522,
      9,
    )
  })

  test("keep weights as buffers under PyTorch's names", () => {
    const loss = new modules.BCEWithLogitsLoss({ weight: rows, posWeight: classes })
    expect(Object.keys(loss.stateDict())).toEqual(["weight", "pos_weight"])
    expect(loss.forward(x, y).itemSync()).toBeCloseTo(1.767007026811, 9)
    expect(new modules.CrossEntropyLoss().stateDict()).toEqual({})
  })

  test("know their options", () => {
    expect(() => new modules.L1Loss({ margin: 1 } as object)).toThrow(/L1Loss[\s\S]*reduction[\s\S]*margin/)
  })
})
