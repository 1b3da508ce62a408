import "./methods.ts"
import { beforeAll, describe, expect, it } from "vitest"
import * as n from "./index.ts"

beforeAll(() => n.setKernelChecks(true))

const { tensor } = n

describe("tensor", () => {
  it.each<[string, () => n.Tensor, n.Tensor["dtype"], number[], unknown]>([
    ["a number", () => tensor(2.5), "float32", [], 2.5],
    ["a truth value", () => tensor(true), "bool", [], true],
    [
      "nested numbers",
      () =>
        tensor([
          [1, 2],
          [3, 4],
        ]),
      "float32",
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["nested truth values", () => tensor([[true], [false]]), "bool", [2, 1], [[true], [false]]],
    ["no rows", () => tensor([]), "float32", [0], []],
    ["rows without elements", () => tensor([[], []]), "float32", [2, 0], [[], []]],
    [
      "a Float64Array with a shape",
      () => tensor(Float64Array.of(1, 2), { shape: [2, 1] }),
      "float64",
      [2, 1],
      [[1], [2]],
    ],
    ["a Uint8Array", () => tensor(Uint8Array.of(0, 7)), "bool", [2], [false, true]],
    ["pixels", () => tensor(Uint8Array.of(0, 255), { dtype: "float32" }), "float32", [2], [0, 255]],
    ["an Int16Array", () => tensor(Int16Array.of(-3)), "int32", [1], [-3]],
    ["a BigInt64Array", () => tensor(BigInt64Array.of(5n)), "int32", [1], [5]],
    [
      "rows that are typed arrays",
      () => tensor([Float32Array.of(1, 2), Float32Array.of(3, 4)]),
      "float32",
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["a tensor", () => tensor(tensor([1.7, 2]), { dtype: "int32" }), "int32", [2], [1, 2]],
    ["floats cut to whole numbers", () => tensor([1.7, -1.7], { dtype: "int32" }), "int32", [2], [1, -1]],
  ])("from %s", (_, f, dtype, shape, values) => {
    const t = f()
    expect([t.dtype, t.shape, t.toArray()]).toEqual([dtype, shape, values])
  })

  it("copies what it is given", () => {
    const data = Float32Array.of(1, 2)
    const t = tensor(data)
    data[0] = 9
    t.dataSync()[1] = 9
    expect(t.toArray()).toEqual([1, 2])
  })

  it.each<[string, () => unknown, string]>([
    ["rows of different length", () => tensor([[1, 2], [3]]), "NABLA_SHAPE_MISMATCH"],
    ["a shape that does not fit", () => tensor([1, 2, 3], { shape: [2, 2] }), "NABLA_SHAPE_MISMATCH"],
    ["strings", () => tensor(["1"] as unknown as number[]), "NABLA_INVALID_ARGUMENT"],
    ["a whole number beyond int32", () => tensor([3e9], { dtype: "int32" }), "NABLA_INVALID_ARGUMENT"],
    ["NaN as a whole number", () => tensor([Number.NaN], { dtype: "int32" }), "NABLA_INVALID_ARGUMENT"],
    [
      "gradients of whole numbers",
      () => tensor([1], { dtype: "int32", requiresGrad: true }),
      "NABLA_NOT_DIFFERENTIABLE",
    ],
    ["a negative size", () => n.zeros([-1]), "NABLA_INVALID_SHAPE"],
    ["a step of 0", () => n.arange(0, 1, 0), "NABLA_INVALID_ARGUMENT"],
    ["half a step", () => n.linspace(0, 1, 2.5), "NABLA_INVALID_ARGUMENT"],
  ])("refuses %s", (_, f, code) => {
    expect(f).toThrow(expect.objectContaining({ code }))
  })
})

describe("other creation functions", () => {
  const like = (): n.Tensor => tensor([[1, 2]], { dtype: "float64" })

  it.each<[string, () => n.Tensor, n.Tensor["dtype"], unknown]>([
    ["arange", () => n.arange(3), "int32", [0, 1, 2]],
    ["arange down", () => n.arange(2, -1, -1), "int32", [2, 1, 0]],
    ["arange of floats", () => n.arange(0, 1, 0.25), "float32", [0, 0.25, 0.5, 0.75]],
    ["linspace", () => n.linspace(0, 1, 3), "float32", [0, 0.5, 1]],
    ["linspace of one", () => n.linspace(3, 9, 1), "float32", [3]],
    ["logspace", () => n.logspace(0, 2, 3, { base: 2 }), "float32", [1, 2, 4]],
    [
      "eye",
      () => n.eye(2, 3, { dtype: "int32" }),
      "int32",
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
    ],
    ["full of truth", () => n.full([2], true), "bool", [true, true]],
    ["zerosLike", () => n.zerosLike(like()), "float64", [[0, 0]]],
    ["onesLike in another type", () => n.onesLike(like(), { dtype: "bool" }), "bool", [[true, true]]],
    ["fullLike", () => n.fullLike(like(), 2.5), "float64", [[2.5, 2.5]]],
    ["newZeros", () => like().newZeros([2]), "float64", [0, 0]],
    ["emptyLike", () => n.emptyLike(like()), "float64", [[0, 0]]],
  ])("%s", (_, f, dtype, values) => {
    expect([f().dtype, f().toArray()]).toEqual([dtype, values])
  })

  it("reads pictures", () => {
    const data = Uint8ClampedArray.of(255, 0, 51, 255, 0, 255, 102, 0)
    const image = { data, width: 2, height: 1 }
    const rgb = n.fromImageData(image)
    expect(rgb.shape).toEqual([3, 1, 2])
    expect(Array.from(rgb.dataSync())).toEqual([1, 0, 0, 1, Math.fround(0.2), Math.fround(0.4)])
    expect(n.fromImageData(image, { channels: 4 }).shape).toEqual([4, 1, 2])
    const grey = n.fromImageData(image, { channels: 1, dtype: "float64" }).dataSync()
    expect(grey[0]).toBeCloseTo(0.299 + 0.114 * 0.2)
    expect(n.fromImageData({ data: Uint8Array.of(0, 255), width: 1, height: 2 }).toArray()).toEqual([
      [[0], [1]],
    ])
    expect(() => n.fromImageData({ data, width: 3, height: 1 })).toThrow(/8 bytes/)
  })

  it("converts types", () => {
    const t = tensor([0, -1.5, 2])
    expect(
      [t.int(), t.bool(), t.double(), t.to(t.int()), t.bool().float()].map((x) => [x.dtype, x.toArray()]),
    ).toEqual([
      ["int32", [0, -1, 2]],
      ["bool", [false, true, true]],
      ["float64", [0, -1.5, 2]],
      ["int32", [0, -1, 2]],
      ["float32", [0, 1, 1]],
    ])
  })
})
