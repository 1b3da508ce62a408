import { beforeEach, expect, test } from "vitest"
import { setDefaultDevice } from "../tensor/index.ts"
import { expression } from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const at = (text: string, x = 2, y = 3): number => expression(text).value([x, y])

test.for<[string, number]>([
  ["1 + 2*x - y/4", 4.25],
  ["-x^2", -4],
  ["(-x)^2", 4],
  ["2^3^2", 512],
  ["2^-1", 0.5],
  ["x^y", 8],
  ["x--y", 5],
  ["+x - -(y)", 5],
  ["sin(x)^2 + cos(x)^2", 1],
  ["tan(x)*cos(x) - sin(x)", 0],
  ["log(exp(y)) + ln(e)", 4],
  ["sqrt(abs(-4*x*x))", 4],
  ["min(x, y)*max(x, y)", 6],
  ["tanh(0) + 2*pi", 2 * Math.PI],
  [".5e1 + 1e-3 * 1000", 6],
])("%s", ([text, value]) => expect(at(text)).toBeCloseTo(value, 12))

test("its derivatives are exact, also of whole powers of negative values", () => {
  const surface = expression("x^2 + 10*sin(y)^2 + x^3")
  expect(surface.gradient([-2, 0])).toEqual([8, 0])
  expect(surface.hessian([-2, 0]).map((row) => row.map((value) => value + 0))).toEqual([
    [-10, 0],
    [0, 20],
  ])
  expect([surface.formula, surface.start]).toEqual(["x^2 + 10*sin(y)^2 + x^3", [1, 1]])
})

test("coordinates have the names that are asked for", () => {
  expect(expression("u*v*w", { coordinates: ["u", "v", "w"], start: [1, 2, 3] }).value([1, 2, 3])).toBe(6)
})

test.for<[string, string]>([
  ["", "the end"],
  ["x +", "the end"],
  ["x y", "“y” at character 3"],
  ["(x", "expected: )"],
  ["sin x", "( after sin"],
  ["max(x)", "2 arguments of max"],
  ["sin(x, y)", "expected: )"],
  ["z + 1", "“z + 1” at character 1"],
  ["x $ y", "“$ y” at character 3"],
  ["constructor", "one of x, y, pi, e"],
  ["x; process.exit()", "“; process.ex” at character 2"],
  ["1..2", "“.2” at character 3"],
])("bad input: “%s”", ([text, message]) => expect(() => expression(text)).toThrow(message))
