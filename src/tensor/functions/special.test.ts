import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as nb from "../index.ts"

const f64 = { dtype: "float64" } as const
const points = nb.tensor([-2.7, -1.3, -0.4, 0.1, 0.5, 0.9, 1.7, 3.2, 8.5, 15], f64)

const close = (a: nb.Tensor, b: nb.Tensor, rtol = 1e-11): void =>
  expect(nb.allclose(a, b, { rtol, atol: rtol })).toBe(true)

describe.each(["reference", "wasm"] as const)("on %s", (device) => {
  beforeAll(() => nb.setDefaultDevice(device))
  afterAll(() => nb.setDefaultDevice("wasm"))

  test.each([0, 1, 2, 3, 4])("polygamma(%i): ψ⁽ⁿ⁾(x + 1) = ψ⁽ⁿ⁾(x) + (−1)ⁿ·n!/xⁿ⁺¹", (n) => {
    const factorial = [1, 1, 2, 6, 24][n]!
    const step = nb.div((-1) ** n * factorial, points.pow(n + 1))
    close(nb.polygamma(n, points.add(1)), nb.polygamma(n, points).add(step), 1e-9)
  })

  test("polygamma at 1", () => {
    const at = (n: number): number => nb.polygamma(n, nb.tensor(1, f64)).itemSync()
    expect(at(0)).toBeCloseTo(-0.5772156649015329, 14)
    expect(at(1)).toBeCloseTo(Math.PI ** 2 / 6, 13)
    expect(at(2)).toBeCloseTo(-2.4041138063191886, 12)
    expect(at(3)).toBeCloseTo(Math.PI ** 4 / 15, 11)
  })

  test.each([
    ["erfinv ∘ erf", (x: nb.Tensor) => nb.erfinv(nb.erf(x))],
    ["logit ∘ sigmoid", (x: nb.Tensor) => nb.logit(nb.sigmoid(x))],
    ["atanh ∘ tanh", (x: nb.Tensor) => nb.atanh(nb.tanh(x))],
    ["log1p ∘ expm1", (x: nb.Tensor) => nb.log1p(nb.expm1(x))],
    ["xlogy(1, exp)", (x: nb.Tensor) => nb.xlogy(1, nb.exp(x))],
  ] as const)("%s is the identity, and so are its derivatives", (_, f) => {
    const x = nb.linspace(-2, 2, 9, f64)
    close(f(x), x)
    close(nb.grad((t: nb.Tensor) => f(t).sum())(x) as nb.Tensor, nb.onesLike(x), 1e-9)
    const second = nb.grad((t: nb.Tensor) => (nb.grad((u: nb.Tensor) => f(u).sum())(t) as nb.Tensor).sum())
    close(second(x) as nb.Tensor, nb.zerosLike(x), 1e-8)
  })

  test.each([
    ["lgamma", nb.lgamma],
    ["digamma", nb.digamma],
    ["polygamma 2", (x: nb.Tensor) => nb.polygamma(2, x)],
    ["erfc", nb.erfc],
    ["sinc", nb.sinc],
    ["mvlgamma", (x: nb.Tensor) => nb.mvlgamma(x.abs().add(1), 3)],
  ] as const)("derivatives of %s", (_, f) => {
    const x = nb.tensor([-1.4, -0.45, 0.3, 0.8, 2.2, 11], f64)
    expect(nb.gradcheck(f, [x], { atol: 1e-4 })).toBe(true)
    const slope = (t: nb.Tensor): nb.Tensor => nb.grad((u: nb.Tensor) => f(u).sum())(t) as nb.Tensor
    expect(nb.gradcheck(slope, [x], { atol: 1e-3 })).toBe(true)
  })
})
