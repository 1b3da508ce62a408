import "../methods.ts"
import { beforeAll, describe, expect, it } from "vitest"
import type { Tensor } from "../index.ts"
import * as n from "../index.ts"

beforeAll(() => n.setKernelChecks(true))

const { arange, tensor, zeros } = n
const int = (values: number[], shape = [values.length]): Tensor => tensor(values, { shape, dtype: "int32" })
const x23 = (): Tensor => arange(6).reshape([2, 3])
const arrays = (list: readonly Tensor[]): unknown[] => list.map((t) => t.toArray())

describe("shapes", () => {
  it.each<[string, () => Tensor, unknown]>([
    [
      "roll",
      () => x23().roll(1, 1),
      [
        [2, 0, 1],
        [5, 3, 4],
      ],
    ],
    [
      "roll, flat",
      () => x23().roll(-2),
      [
        [2, 3, 4],
        [5, 0, 1],
      ],
    ],
    [
      "flip",
      () => x23().flip([0, -1]),
      [
        [5, 4, 3],
        [2, 1, 0],
      ],
    ],
    [
      "rot90",
      () => x23().rot90(-1),
      [
        [3, 0],
        [4, 1],
        [5, 2],
      ],
    ],
    [
      "tile",
      () => x23().tile([2, 1]),
      [
        [0, 1, 2],
        [3, 4, 5],
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
    [
      "repeatInterleave",
      () => x23().repeatInterleave(int([2, 0]), 0),
      [
        [0, 1, 2],
        [0, 1, 2],
      ],
    ],
    ["movedim", () => arange(2).reshape([1, 2, 1]).movedim(1, 0), [[[0]], [[1]]]],
    [
      "diag",
      () => n.diag(int([1, 2]), 1),
      [
        [0, 1, 0],
        [0, 0, 2],
        [0, 0, 0],
      ],
    ],
    [
      "tril",
      () => x23().tril(-1),
      [
        [0, 0, 0],
        [3, 0, 0],
      ],
    ],
    [
      "triu of bools",
      () => n.ones([2, 2], { dtype: "bool" }).triu(),
      [
        [true, true],
        [false, true],
      ],
    ],
    [
      "unfold",
      () => arange(5).unfold(0, 3, 2),
      [
        [0, 1, 2],
        [2, 3, 4],
      ],
    ],
    [
      "unflatten",
      () => arange(4).unflatten(0, [2, -1]),
      [
        [0, 1],
        [2, 3],
      ],
    ],
    ["pad with truth values", () => tensor([true]).pad([1, 0]), [false, true]],
    [
      "pad, mirrored in three dimensions",
      () => arange(3).reshape([1, 1, 3]).pad([2, 1], { mode: "reflect" }),
      [[[2, 1, 0, 1, 2, 1]]],
    ],
    ["pad of a vector in a circle", () => arange(3).pad([2, -1], { mode: "circular" }), [1, 2, 0, 1]],
    ["cat of types", () => n.cat([int([1]), tensor([2.5])]), [1, 2.5]],
    [
      "cat with nothing",
      () => n.cat([zeros([0]), x23()]),
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
    [
      "blockDiag",
      () => n.blockDiag([int([1, 2]), int([3])]),
      [
        [1, 2, 0],
        [0, 0, 3],
      ],
    ],
    [
      "cartesianProd",
      () => n.cartesianProd([int([1, 2]), int([3, 4])]),
      [
        [1, 3],
        [1, 4],
        [2, 3],
        [2, 4],
      ],
    ],
    [
      "trilIndices",
      () => n.trilIndices(2, 2),
      [
        [0, 1, 1],
        [0, 0, 1],
      ],
    ],
  ])("%s", (_, f, want) => {
    expect(f().toArray()).toEqual(want)
  })

  it("splits", () => {
    expect(arrays(arange(5).split(2))).toEqual([[0, 1], [2, 3], [4]])
    expect(arrays(arange(5).chunk(4))).toEqual([[0, 1], [2, 3], [4]])
    expect(arrays(arange(5).tensorSplit(3))).toEqual([[0, 1], [2, 3], [4]])
    expect(arrays(arange(5).tensorSplit([1, -1]))).toEqual([[0], [1, 2, 3], [4]])
    expect(arrays(x23().unbind(1))).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ])
    expect(zeros([0, 2]).split(3)[0]!.shape).toEqual([0, 2])
  })

  it("stays inside tensors without elements", () => {
    expect(zeros([0, 3]).flip([0]).roll(1, 0).tile([2, 2]).shape).toEqual([0, 6])
    expect(zeros([2, 0]).pad([1, 1]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ])
    expect(zeros([0, 0]).diagonal().shape).toEqual([0])
    expect(zeros([2, 3]).diagonal({ offset: 5 }).shape).toEqual([0])
  })
})

describe("gather and scatter", () => {
  it.each<[string, () => Tensor, unknown]>([
    ["gather", () => x23().gather(1, int([2, 0], [2, 1])), [[2], [3]]],
    ["take", () => x23().take(int([-1, 0])), [5, 0]],
    ["takeAlongDim without dim", () => x23().takeAlongDim(int([3])), [3]],
    ["indexSelect of a scalar", () => tensor(7).indexSelect(0, int([0])), 7],
    ["scatter keeps the last", () => zeros([2]).scatter(0, int([1, 1, 1]), tensor([1, 2, 3])), [0, 3]],
    [
      "scatter multiplies",
      () => tensor([2, 3]).scatter(0, int([1, 1]), tensor([4, 5]), { reduce: "multiply" }),
      [2, 60],
    ],
    [
      "scatterReduce of whole numbers",
      () => int([1, 2]).scatterReduce(0, int([0, 0]), int([-8, 2]), "mean"),
      [-2, 2],
    ],
    [
      "scatterReduce without self",
      () => int([9, 9]).scatterReduce(0, int([1, 1]), int([3, 5]), "amax", { includeSelf: false }),
      [9, 5],
    ],
    [
      "scatter of bools",
      () => zeros([3], { dtype: "bool" }).scatter(0, int([2]), true),
      [false, false, true],
    ],
    ["indexAdd", () => zeros([3]).indexAdd(0, int([0, 0]), tensor([1, 2]), { alpha: 2 }), [6, 0, 0]],
    ["maskedFill", () => int([1, 2]).maskedFill(tensor([true, false]), -1), [-1, 2]],
    ["maskedSelect, broadcast", () => x23().maskedSelect(tensor([true, false, true])), [0, 2, 3, 5]],
    [
      "maskedScatter",
      () => zeros([4]).maskedScatter(tensor([false, true, false, true]), tensor([7, 8, 9])),
      [0, 7, 0, 8],
    ],
    ["nonzero of a scalar", () => tensor(2).nonzero(), [[]]],
    [
      "oneHot",
      () => n.oneHot(int([1, 0])),
      [
        [0, 1],
        [1, 0],
      ],
    ],
    [
      "sliceScatter",
      () => zeros([5]).sliceScatter(tensor([1, 2]), { start: 1, end: -1, step: 2 }),
      [0, 1, 0, 2, 0],
    ],
  ])("%s", (_, f, want) => {
    expect(f().toArray()).toEqual(want)
  })

  it("looks up rows, without a gradient for the padding row", () => {
    const weight = arange(6).reshape([3, 2]).float().requiresGrad_()
    n.embedding(int([2, 1, 2]), weight, { paddingIdx: -2 })
      .sum()
      .backward()
    expect(weight.grad!.toArray()).toEqual([
      [0, 0],
      [0, 0],
      [2, 2],
    ])
  })

  it("looks up rows for each example of a batch, of one table or of several", () => {
    const tables = arange(12).reshape([2, 3, 2])
    const rows = int([0, 2, 1, 1], [2, 2])
    const one = n.vmap((i: Tensor) => n.embedding(i, tables.select(0, 0)))
    expect((one(rows) as Tensor).toArray()).toEqual([
      [
        [0, 1],
        [4, 5],
      ],
      [
        [2, 3],
        [2, 3],
      ],
    ])
    const each = n.vmap((i: Tensor, w: Tensor) => n.embedding(i, w))
    expect((each(rows, tables) as Tensor).toArray()).toEqual([
      [
        [0, 1],
        [4, 5],
      ],
      [
        [8, 9],
        [8, 9],
      ],
    ])
  })

  it("keeps wrong indices that are computed later inside the table", () => {
    const wrong = int([7]).add(0)
    expect(tensor([1, 2, 3]).gather(0, wrong).toArray()).toEqual([3])
    expect(
      zeros([3])
        .scatter(0, int([-5]).add(0), 1)
        .toArray(),
    ).toEqual([1, 0, 0])
  })
})

describe("errors", () => {
  it.each<[string, () => unknown, string, RegExp]>([
    [
      "embedding",
      () => n.embedding(int([0, 3]), zeros([3, 2])),
      "NABLA_INDEX_OUT_OF_RANGE",
      /embedding: the index at \[1\][\s\S]*0 to 2[\s\S]*got: +3/,
    ],
    ["embedding", () => n.embedding(int([-1]), zeros([3, 2])), "NABLA_INDEX_OUT_OF_RANGE", /got: +-1/],
    ["embedding", () => n.embedding(tensor([1.5]), zeros([3, 2])), "NABLA_INVALID_DTYPE", /int32/],
    ["gather", () => x23().gather(0, int([2, 0, 0], [1, 3])), "NABLA_INDEX_OUT_OF_RANGE", /gather/],
    ["gather", () => x23().gather(0, int([0, 0, 0, 0], [1, 4])), "NABLA_SHAPE_MISMATCH", /gather/],
    ["gather from nothing", () => zeros([0]).gather(0, int([0]).add(0)), "NABLA_INDEX_OUT_OF_RANGE", /empty/],
    ["take", () => x23().take(int([6])), "NABLA_INDEX_OUT_OF_RANGE", /-6 to 5/],
    ["oneHot", () => n.oneHot(int([3]), 3), "NABLA_INDEX_OUT_OF_RANGE", /oneHot/],
    ["scatter", () => zeros([2]).scatter(0, int([2]), 1), "NABLA_INDEX_OUT_OF_RANGE", /scatter/],
    [
      "scatter of few values",
      () => zeros([2]).scatter(0, int([0, 1]), tensor([1])),
      "NABLA_SHAPE_MISMATCH",
      /values/,
    ],
    ["scatter of floats", () => int([1]).scatter(0, int([0]), tensor([0.5])), "NABLA_INVALID_DTYPE", /int32/],
    [
      "indexCopy",
      () => zeros([2, 2]).indexCopy(0, int([0]), zeros([1, 3])),
      "NABLA_SHAPE_MISMATCH",
      /\[1, 2\]/,
    ],
    ["maskedFill", () => zeros([2]).maskedFill(tensor([1, 0]), 1), "NABLA_INVALID_DTYPE", /bool/],
    ["narrow", () => zeros([3]).narrow(0, 2, 2), "NABLA_INDEX_OUT_OF_RANGE", /narrow/],
    ["select", () => zeros([3]).select(0, 3), "NABLA_INDEX_OUT_OF_RANGE", /select/],
    ["cat", () => n.cat([zeros([2, 2]), zeros([2, 3])], 0), "NABLA_SHAPE_MISMATCH", /cat/],
    ["cat of nothing", () => n.cat([]), "NABLA_INVALID_ARGUMENT", /at least one/],
    ["stack", () => n.stack([zeros([2]), zeros([3])]), "NABLA_SHAPE_MISMATCH", /stack/],
    ["split", () => zeros([4]).split([1, 2]), "NABLA_INVALID_ARGUMENT", /sum 4/],
    ["pad", () => zeros([3]).pad([3, 0], { mode: "reflect" }), "NABLA_INVALID_ARGUMENT", /at most 2/],
    ["pad", () => zeros([3]).pad([1, 1, 1]), "NABLA_INVALID_ARGUMENT", /margins/],
    ["pixelShuffle", () => zeros([3, 2, 2]).pixelShuffle(2), "NABLA_SHAPE_MISMATCH", /multiple of 4/],
    ["unfold", () => zeros([3]).unfold(0, 4, 1), "NABLA_INVALID_ARGUMENT", /unfold/],
    ["diagonal", () => zeros([3, 3]).diagonal({ dim1: 1 }), "NABLA_INVALID_DIM", /plane/],
    ["to", () => zeros([3]).to("float16" as "float32"), "NABLA_INVALID_DTYPE", /float16/],
  ])("%s", (_, f, code, message) => {
    expect(f).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
  })
})
