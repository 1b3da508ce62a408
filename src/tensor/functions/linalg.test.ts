import "../methods.ts"
import { beforeAll, describe, expect, test } from "vitest"
import * as nb from "../index.ts"

const { linalg } = nb

beforeAll(() => {
  nb.setKernelChecks(true)
  nb.manualSeed(2)
})

const f64 = { dtype: "float64" } as const
const random = (...shape: number[]): nb.Tensor => nb.randn(shape, f64)
const T = (x: nb.Tensor): nb.Tensor => x.transpose(-2, -1)
const identity = (n: number, dtype: "float32" | "float64" = "float64"): nb.Tensor => nb.eye(n, n, { dtype })
const symmetric = (...shape: number[]): nb.Tensor => {
  const x = random(...shape)
  return x.add(T(x)).mul(0.5)
}
const definite = (...shape: number[]): nb.Tensor => {
  const x = random(...shape)
  return x.matmul(T(x)).add(identity(shape.at(-1)!))
}
const close = (got: nb.Tensor, want: nb.Tensor, tolerance = 1e-10): void => {
  const [a, b] = [got, want.expand(got.shape)]
  const worst = a.numel() === 0 ? 0 : a.sub(b).abs().amax().itemSync()
  expect(worst).toBeLessThan(tolerance)
}
/** Columns of U (rows of Vᵀ) times singular values. */
const rebuild = ([u, s, vh]: readonly nb.Tensor[]): nb.Tensor => u!.mul(s!.unsqueeze(-2)).matmul(vh!)

const shapes = [
  [3, 3],
  [2, 3, 4, 4],
  [1, 1],
  [2, 0, 0],
  [40, 40],
]

describe.each(shapes.map((shape) => [shape]))("square matrices %j", (shape) => {
  const n = shape.at(-1)!

  test("A·A⁻¹ = I, solve, det", () => {
    const [a, b] = [random(...shape), random(...shape)]
    close(a.matmul(linalg.inv(a)), identity(n), 1e-8)
    close(a.matmul(linalg.solve(a, b)), b, 1e-8)
    close(linalg.solve(a, b, { left: false }).matmul(a), b, 1e-8)
    const [sign, logarithm] = linalg.slogdet(a)
    if (n < 10) close(linalg.det(a.matmul(b)), linalg.det(a).mul(linalg.det(b)), 1e-8)
    close(sign.mul(logarithm.sub(n).exp()), linalg.det(a.mul(Math.exp(-1))), 1e-6)
    const [p, l, u] = linalg.lu(a)
    close(p.matmul(l).matmul(u), a)
  })

  test("L·Lᵀ = A and what is solved with it", () => {
    const a = definite(...shape)
    const l = linalg.cholesky(a)
    close(l.matmul(T(l)), a, 1e-9)
    close(linalg.cholesky(a, { upper: true }), T(l))
    const b = random(...shape)
    close(nb.choleskySolve(b, l), linalg.solve(a, b), 1e-8)
    close(nb.choleskySolve(b, T(l), { upper: true }), linalg.solve(a, b), 1e-8)
    close(nb.choleskyInverse(l), linalg.inv(a), 1e-8)
    close(nb.logdet(a), linalg.cholesky(a).diagonal({ dim1: -2, dim2: -1 }).log().sum(-1).mul(2), 1e-8)
  })

  test("V·Λ·Vᵀ = A", () => {
    const a = symmetric(...shape)
    for (const UPLO of ["L", "U"] as const) {
      const [values, v] = linalg.eigh(UPLO === "L" ? a.tril() : a.triu(), { UPLO })
      close(v.mul(values.unsqueeze(-2)).matmul(T(v)), a, 1e-9)
      close(T(v).matmul(v), identity(n), 1e-9)
      if (n > 1) expect(values.diff().amin().itemSync()).toBeGreaterThanOrEqual(0)
    }
  })

  test("exp(A)·exp(−A) = I, powers", () => {
    const a = random(...shape).mul(n > 10 ? 0.2 : 1)
    close(linalg.matrixExp(a).matmul(linalg.matrixExp(a.neg())), identity(n), 1e-6)
    close(linalg.matrixPower(a, 3), a.matmul(a).matmul(a), 1e-9)
    close(linalg.matrixPower(a, -2).matmul(a).matmul(a), identity(n), 1e-5)
    close(linalg.matrixPower(a, 0), identity(n))
  })
})

describe.each([[[4, 3]], [[3, 4]], [[2, 5, 2]], [[2, 2, 5]], [[30, 20]], [[1, 4]], [[3, 0]]])(
  "matrices %j",
  (shape) => {
    const [rows, columns] = shape.slice(-2) as [number, number]
    const least = Math.min(rows, columns)

    test("Q·R = A", () => {
      const a = random(...shape)
      for (const mode of ["reduced", "complete"] as const) {
        const [q, r] = linalg.qr(a, { mode })
        expect(q.shape.at(-1)).toBe(mode === "complete" ? rows : least)
        close(q.matmul(r), a)
        close(T(q).matmul(q), identity(q.shape.at(-1)!))
        close(r.tril(-1), nb.zeros([], f64))
      }
    })

    test("U·S·Vᵀ = A", () => {
      const a = random(...shape)
      const [u, s, vh] = linalg.svd(a, { fullMatrices: false })
      close(rebuild([u, s, vh]), a)
      const [full, , wide] = linalg.svd(a)
      expect([full.shape.at(-1), wide.shape.at(-2)]).toEqual([rows, columns])
      close(full.matmul(T(full)), identity(rows))
      close(wide.matmul(T(wide)), identity(columns))
      close(linalg.svdvals(a), s)
    })

    test("Moore and Penrose's conditions, least squares", () => {
      const a = random(...shape)
      const p = linalg.pinv(a)
      close(a.matmul(p).matmul(a), a)
      close(p.matmul(a).matmul(p), p)
      close(T(a.matmul(p)), a.matmul(p))
      close(T(p.matmul(a)), p.matmul(a))
      const b = random(...shape.slice(0, -1), 2)
      const [x, residuals, rank] = linalg.lstsq(a, b) as [nb.Tensor, nb.Tensor, nb.Tensor]
      close(T(a).matmul(a.matmul(x).sub(b)), nb.zeros([], f64))
      if (rows > columns) close(residuals, a.matmul(x).sub(b).square().sum(-2))
      close(rank.to("float64"), nb.tensor(least, f64))
    })
  },
)

describe("derivatives", () => {
  const forms: readonly (readonly [name: string, f: (x: nb.Tensor) => nb.Tensor, shape: number[]])[] = [
    ["det", linalg.det, [2, 3, 3]],
    ["slogdet", (x) => linalg.slogdet(x)[1], [3, 3]],
    ["inv", (x) => linalg.inv(x.add(identity(3).mul(3))), [3, 3]],
    ["solve right", (x) => linalg.solve(x.add(identity(3).mul(3)), x, { left: false }), [3, 3]],
    ["cholesky", (x) => linalg.cholesky(x.matmul(T(x)).add(identity(3))), [3, 3]],
    ["wide qr", (x) => linalg.qr(x)[1], [2, 3]],
    ["eigh", (x) => linalg.eigh(x.add(T(x)))[1].square(), [3, 3]],
    [
      "svd",
      (x) =>
        rebuild([
          linalg.svd(x, { fullMatrices: false })[0],
          linalg.svdvals(x).exp(),
          linalg.svd(x, { fullMatrices: false })[2],
        ]),
      [3, 2],
    ],
    ["pinv", linalg.pinv, [2, 3]],
    ["matrixExp", linalg.matrixExp, [2, 2]],
    ["nuclear norm", (x) => linalg.matrixNorm(x, { ord: "nuc" }), [3, 2]],
    ["lstsq", (x) => linalg.lstsq(x, nb.ones([3, 1], f64))[0]!, [3, 2]],
    ["cond", (x) => linalg.cond(x), [3, 3]],
  ]

  test.each(forms)("%s: first and second order, and vmap", (_, f, shape) => {
    const x = random(...shape)
    expect(nb.gradcheck(f, [x])).toBe(true)
    const weights = random(...f(x).shape)
    const slope = nb.grad((t: nb.Tensor) => f(t).mul(weights).sum()) as (t: nb.Tensor) => nb.Tensor
    expect(nb.gradcheck(slope, [x], { atol: 1e-4 })).toBe(true)
    const batch = random(3, ...shape)
    const each = nb.stack([0, 1, 2].map((i) => slope(batch.select(0, i))))
    close(nb.vmap(slope)(batch) as nb.Tensor, each, 1e-8)
  })

  test("the Hessian of ln det A at I is −(eᵢⱼ, eⱼᵢ)", () => {
    const h = nb.hessian((a: nb.Tensor) => nb.logdet(a))(identity(2)) as nb.Tensor
    const want = nb.einsum("il,jk->ijkl", identity(2), identity(2)).neg()
    close(h, want)
  })

  test("det is smooth where the matrix is singular", () => {
    const a = nb.tensor(
      [
        [1, 2, 3],
        [2, 4, 6],
        [1, 0, 1],
      ],
      f64,
    )
    const cofactors = nb.tensor(
      [
        [4, 4, -4],
        [-2, -2, 2],
        [0, 0, 0],
      ],
      f64,
    )
    close(nb.grad(linalg.det)(a) as nb.Tensor, cofactors)
    close(nb.grad(linalg.det)(nb.zeros([3, 3], f64)) as nb.Tensor, nb.zeros([], f64))
  })

  test("equal eigenvalues and singular values give finite derivatives", () => {
    const finite = (g: unknown): void => expect((g as nb.Tensor).isfinite().all().itemSync()).toBe(1)
    const weights = random(3, 3)
    finite(nb.grad((x: nb.Tensor) => linalg.eigh(x)[1].mul(weights).sum())(identity(3)))
    finite(nb.grad((x: nb.Tensor) => linalg.svd(x)[0].mul(weights).sum())(nb.zeros([3, 3], f64)))
    close(nb.grad((x: nb.Tensor) => linalg.eigvalsh(x).sum())(identity(3)) as nb.Tensor, identity(3))
  })

  test("a Q that is completed has no derivative", () => {
    const f = (x: nb.Tensor): nb.Tensor => linalg.qr(x, { mode: "complete" })[0].sum()
    expect(() => nb.grad(f)(random(3, 2))).toThrow(/NABLA_NOT_DIFFERENTIABLE/)
  })
})

describe("what has no result", () => {
  test.each(["inv", "det", "cholesky", "svdvals", "eigvalsh", "matrixExp", "pinv"] as const)(
    "%s of NaN and of infinity ends",
    (name) => {
      const of = (value: number): nb.Tensor =>
        linalg[name](
          nb.tensor([
            [value, 1],
            [1, 3],
          ]),
        )
      expect(of(Number.NaN).isfinite().all().itemSync()).toBe(0)
      expect(of(Number.POSITIVE_INFINITY).dataSync().length).toBeGreaterThan(0)
    },
  )

  test("singular and indefinite matrices", () => {
    const singular = nb.tensor(
      [
        [1, 2],
        [2, 4],
      ],
      f64,
    )
    expect(linalg.inv(singular).isfinite().any().itemSync()).toBe(0)
    const [sign, logarithm] = linalg.slogdet(singular)
    expect(sign.abs().itemSync()).toBe(0)
    expect(logarithm.itemSync()).toBe(Number.NEGATIVE_INFINITY)
    expect(
      linalg
        .cholesky(
          nb.tensor([
            [1, 2],
            [2, 1],
          ]),
        )
        .isnan()
        .any()
        .itemSync(),
    ).toBe(1)
    expect(
      nb
        .logdet(
          nb.tensor([
            [0, 1],
            [1, 0],
          ]),
        )
        .itemSync(),
    ).toBeNaN()
    expect(linalg.matrixRank(singular).itemSync()).toBe(1)
    const [u, s, vh] = linalg.svd(nb.zeros([3, 2]))
    expect([...s.dataSync()]).toEqual([0, 0])
    close(u.matmul(T(u)), identity(3, "float32"), 1e-6)
    close(vh.matmul(T(vh)), identity(2, "float32"), 1e-6)
  })

  test.each([
    ["linalg.inv", () => linalg.inv(random(2, 3))],
    ["linalg.det", () => linalg.det(random(3))],
    ["linalg.solve", () => linalg.solve(random(2, 2), random(3, 1))],
    ["linalg.solveTriangular", () => linalg.solveTriangular(random(2, 2), random(2), { upper: true })],
    ["linalg.matrixNorm", () => linalg.matrixNorm(random(2, 2), { ord: 3 })],
    ["linalg.matrixPower", () => linalg.matrixPower(random(2, 2), 0.5)],
    ["linalg.cross", () => linalg.cross(random(4), random(4))],
  ])("%s names itself in errors", (name, run) => expect(run).toThrow(name))
})

test("norms, chains and products of vectors", () => {
  const a = nb.tensor(
    [
      [1, -2],
      [3, 4],
    ],
    f64,
  )
  const norms = ["fro", "nuc", 1, -1, 2, -2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const
  const [s1, s2] = [...linalg.svdvals(a).dataSync()] as [number, number]
  const want = [Math.sqrt(30), s1 + s2, 6, 4, s1, s2, 7, 3]
  norms.forEach((ord, i) => {
    expect(linalg.matrixNorm(a, { ord }).itemSync()).toBeCloseTo(want[i]!, 10)
  })
  expect(linalg.cond(a).itemSync()).toBeCloseTo(s1 / s2, 10)
  expect(linalg.norm(a).itemSync()).toBeCloseTo(Math.sqrt(30), 10)
  const chain = [random(4), random(4, 3), random(3, 5), random(5, 2)]
  close(
    linalg.multiDot(chain),
    chain.reduce((x, y) => x.matmul(y)),
  )
  const [x, y] = [random(2, 3), random(2, 3)]
  close(linalg.vecdot(x, linalg.cross(x, y)), nb.zeros([], f64))
  close(
    linalg.vander(nb.tensor([2, 3], f64), { N: 3 }),
    nb.tensor(
      [
        [1, 2, 4],
        [1, 3, 9],
      ],
      f64,
    ),
  )
  expect(nb.trace(a).itemSync()).toBe(5)
})

test("single precision keeps its digits, since routines compute in double precision", () => {
  const a = nb.randn([60, 60])
  const [q, r] = linalg.qr(a)
  close(q.matmul(r), a, 1e-5)
  close(rebuild(linalg.svd(a)), a, 1e-5)
  close(a.matmul(linalg.inv(a)), identity(60, "float32"), 1e-3)
})
