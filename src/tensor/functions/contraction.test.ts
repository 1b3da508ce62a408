import "../methods.ts"
import { beforeAll, describe, expect, test } from "vitest"
import * as nb from "../index.ts"

beforeAll(() => {
  nb.setKernelChecks(true)
  nb.manualSeed(1)
})

const f64 = { dtype: "float64" } as const
const random = (...shape: number[]): nb.Tensor => nb.randn(shape, f64)
const close = (got: nb.Tensor, want: nb.Tensor, tolerance = 1e-10): void => {
  expect(got.shape).toEqual(want.shape)
  expect(nb.allclose(got, want, { rtol: tolerance, atol: tolerance })).toBe(true)
}

/** The sum of products, written out: every label runs over its size, in an outer loop for the output. */
function bySums(inputs: readonly string[], output: string, tensors: readonly nb.Tensor[]): nb.Tensor {
  const sizes = new Map<string, number>()
  inputs.forEach((labels, i) => {
    for (const [dim, label] of [...labels].entries()) sizes.set(label, tensors[i]!.shape[dim]!)
  })
  const summed = [...sizes.keys()].filter((label) => !output.includes(label))
  const data = tensors.map((t) => t.dataSync())
  const all = [...output, ...summed]
  const shape = [...output].map((label) => sizes.get(label)!)
  const out = new Float64Array(shape.reduce((n, size) => n * size, 1))
  const inner = summed.reduce((n, label) => n * sizes.get(label)!, 1)
  for (let flat = 0; flat < out.length * inner; flat++) {
    const at = new Map<string, number>()
    let rest = flat
    for (const label of [...all].reverse()) {
      at.set(label, rest % sizes.get(label)!)
      rest = Math.floor(rest / sizes.get(label)!)
    }
    const term = inputs.reduce((product, labels, i) => {
      const index = [...labels].reduce((n, label) => n * sizes.get(label)! + at.get(label)!, 0)
      return product * data[i]![index]!
    }, 1)
    out[Math.floor(flat / inner)]! += term
  }
  return nb.tensor(out, { shape, ...f64 })
}

const equations: readonly (readonly [equation: string, shapes: number[][]])[] = [
  [
    "ij,jk->ik",
    [
      [2, 3],
      [3, 4],
    ],
  ],
  [
    "bij,bkj->bik",
    [
      [2, 3, 4],
      [2, 5, 4],
    ],
  ],
  [
    "ijk,kl,jm->mil",
    [
      [2, 3, 4],
      [4, 2],
      [3, 3],
    ],
  ],
  ["ii->i", [[4, 4]]],
  ["iji->j", [[3, 2, 3]]],
  ["iij,jk,k->ik", [[2, 2, 3], [3, 4], [4]]],
  [
    "ij,ij->",
    [
      [3, 4],
      [3, 4],
    ],
  ],
  ["i,j,k->kji", [[2], [3], [4]]],
  [
    "ab,cd->bd",
    [
      [2, 3],
      [4, 5],
    ],
  ],
  ["abc->ca", [[2, 3, 4]]],
  [
    "ab,bc,cd,de->ae",
    [
      [2, 3],
      [3, 4],
      [4, 2],
      [2, 5],
    ],
  ],
]

describe("einsum", () => {
  test.each(equations)("%s is the sum over all labels", (equation, shapes) => {
    const tensors = shapes.map((shape) => random(...shape))
    const [left, right] = equation.split("->") as [string, string]
    const f = (...args: nb.Tensor[]): nb.Tensor => nb.einsum(equation, ...args)
    close(f(...tensors), bySums(left.split(","), right, tensors))
    expect(nb.gradcheck(f, tensors)).toBe(true)
  })

  test.each([
    ["...ij,...jk", nb.matmul, [2, 1, 3, 4], [5, 4, 2]],
    ["...,...", nb.mul, [2, 1], [3]],
  ] as const)("%s broadcasts", (equation, same, a, b) => {
    const [x, y] = [random(...a), random(...b)]
    close(nb.einsum(equation, x, y), same(x, y))
  })

  test("the implicit output has the labels that occur once, in order of the alphabet", () => {
    const [x, y] = [random(2, 3), random(3, 4)]
    close(nb.einsum("ba", x), x.transpose(0, 1))
    close(nb.einsum("zb,ba", x, y), nb.einsum("zb,ba->az", x, y))
    close(nb.einsum("i i", random(3, 3).mul(0)), nb.tensor(0, f64))
  })

  test("a size of 1 broadcasts", () => {
    const [x, y] = [random(1, 3), random(4, 3)]
    close(nb.einsum("ij,ij->i", x, y), x.mul(y).sum(1))
    close(nb.einsum("ij,ik->jk", x, y), nb.einsum("ij,ik->jk", x.expand([4, 3]), y))
  })

  test.each([
    ["ij,jk->ik", [[2, 3]]],
    ["ij->k", [[2, 3]]],
    ["ij->ii", [[2, 3]]],
    [
      "ij,jk",
      [
        [2, 3],
        [4, 5],
      ],
    ],
    ["ii", [[2, 3]]],
    ["i", [[2, 3]]],
    ["i..", [[2, 3]]],
    ["i->j->k", [[2]]],
    ["i1", [[2, 3]]],
  ] as const)("%s with shapes %j is an error that names the equation", (equation, shapes) => {
    const run = (): unknown => nb.einsum(equation, ...shapes.map((shape) => random(...shape)))
    expect(run).toThrow(/einsum "/)
  })
})

describe("products", () => {
  test.each([
    [[4], [4]],
    [[3, 4], [4]],
    [[4], [4, 2]],
    [[2, 3, 4], [4]],
    [[4], [2, 4, 3]],
    [
      [2, 1, 3, 4],
      [5, 4, 2],
    ],
    [
      [3, 4],
      [2, 4, 5],
    ],
  ])("matmul of %j and %j", (a, b) => {
    const [x, y] = [random(...a), random(...b)]
    const rows = a.length === 1 ? x.unsqueeze(0) : x
    const columns = b.length === 1 ? y.unsqueeze(1) : y
    const full = rows.unsqueeze(-1).mul(columns.unsqueeze(-3)).sum(-2)
    close(x.matmul(y).reshape([-1]), full.reshape([-1]))
    expect(nb.gradcheck(nb.matmul, [x, y])).toBe(true)
  })

  test("kron, outer, inner, tensordot and the sums with products", () => {
    const [a, b, c] = [random(2, 3), random(3, 4), random(2, 4)]
    close(nb.addmm(c, a, b, { beta: 0.5, alpha: 2 }), c.mul(0.5).add(a.matmul(b).mul(2)))
    close(nb.addmm(c.mul(Number.NaN), a, b, { beta: 0 }), a.matmul(b))
    close(
      nb
        .kron(nb.eye(2, 2, f64), a)
        .narrow(0, 2, 2)
        .narrow(1, 3, 3),
      a,
    )
    close(nb.outer(a.select(0, 0), a.select(0, 1)), nb.einsum("i,j->ij", a.select(0, 0), a.select(0, 1)))
    close(nb.inner(a, random(5, 3).mul(0)), nb.zeros([2, 5], f64))
    close(nb.tensordot(a, b, { dims: 1 }), a.matmul(b))
    close(nb.tensordot(a, c, { dims: [[0], [0]] }), a.transpose(0, 1).matmul(c))
  })

  test("distances and directions", () => {
    const [x, y] = [random(3, 4), random(5, 4)]
    const d = nb.cdist(x, y)
    close(d.mul(d), x.unsqueeze(1).sub(y).square().sum(-1))
    // At distance 0 the derivative is 0, not NaN.
    const own = nb.grad((t: nb.Tensor) => nb.cdist(t, t.detach()).sum())(x) as nb.Tensor
    expect(own.isfinite().all().itemSync()).toBe(1)
    close(nb.normalize(x).norm({ dim: 1 }), nb.ones([3], f64))
    expect(nb.grad((t: nb.Tensor) => nb.normalize(t).sum())(nb.zeros([1, 2], f64))).toBeDefined()
    close(nb.cosineSimilarity(x, x.mul(-2)), nb.full([3], -1, f64))
    expect(
      nb.gradcheck((a: nb.Tensor, b: nb.Tensor) => nb.cosineSimilarity(a, b, { dim: 0 }), [x, random(3, 4)]),
    ).toBe(true)
    close(nb.pairwiseDistance(x, x.add(1), { eps: 0 }), nb.full([3], 2, f64))
  })

  test("whole numbers and bools multiply as whole numbers", () => {
    const m = nb.tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: "int32" },
    )
    expect(m.matmul(m).dtype).toBe("int32")
    expect([...m.matmul(m).dataSync()]).toEqual([7, 10, 15, 22])
    expect(nb.matmul(nb.tensor([true, true]), nb.tensor([true, true])).itemSync()).toBe(2)
  })

  test("windows of a volume, whose last columns in a panel repeat, are packed one by one", () => {
    // 54 columns of a window: six panels of 8, and one in which the last column stands three times, so that its ends lie
    // as far apart as 8 neighbours would.
    const sums = (dtype: "float32" | "float64"): nb.Tensor => {
      const count = (shape: number[]): nb.Tensor =>
        nb.arange(0, nb.zeros(shape).numel()).reshape(shape).mul(0.37).sin().to(dtype)
      const windows = count([2, 2, 5, 5, 5]).unfold(2, 3, 1).unfold(3, 3, 1).unfold(4, 3, 1)
      return nb.einsum("ncijkpqr,nopqr->ocijk", windows, count([2, 4, 3, 3, 3]))
    }
    nb.setDefaultDevice("wasm")
    const got = sums("float32")
    const exact = sums("float64")
    expect(nb.allclose(got.to("float64"), exact, { rtol: 1e-4, atol: 1e-4 })).toBe(true)
  })
})
