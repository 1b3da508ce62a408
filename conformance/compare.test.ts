import { expect, test } from "vitest"
import type { TensorData } from "./case.ts"
import { compareValues } from "./compare.ts"
import type { FloatType } from "./torch/nabla.ts"

const tolerance = { relative: 1e-3, absolute: 1e-6 }
const vector = (data: (number | string)[], dtype: TensorData["dtype"] = "float64"): TensorData => {
  return { shape: [data.length], dtype, data }
}
const differ = (got: number[], expected: TensorData, float: FloatType = "float64") =>
  compareValues({ shape: [got.length], data: got }, expected, tolerance, float)

test("values within the tolerance pass, and say how near they were", () => {
  const { message, ratio } = differ([1.0005, 2], vector([1, 2]))
  expect(message).toBeNull()
  expect(ratio).toBeCloseTo(0.5, 2)
})

test("values outside are listed with the worst place", () => {
  const got = { shape: [2, 2], data: [1, 2, 3, 5] }
  const { message } = compareValues(
    got,
    { shape: [2, 2], dtype: "float64", data: [1, 2, 3, 4] },
    tolerance,
    "float64",
  )
  expect(message).toContain("1 of 4 values differ, most at [1,1]: expected 4, got 5")
})

test("NaN and infinities must be where they are expected", () => {
  const reference = vector(["NaN", "Infinity", "-Infinity"])
  expect(differ([Number.NaN, Infinity, -Infinity], reference).message).toBeNull()
  expect(differ([0, Infinity, -Infinity], reference).message).toContain("1 of 3")
  expect(differ([Number.NaN, Infinity, Infinity], reference).message).toContain("1 of 3")
  expect(differ([Number.NaN], vector([1])).message).not.toBeNull()
})

test("beyond the range of float32 an infinity is right, in a float32 run only", () => {
  expect(differ([Infinity], vector([1e300]), "float32").message).toBeNull()
  expect(differ([Infinity], vector([1e300]), "float64").message).not.toBeNull()
})

test("integers and bools are compared exactly", () => {
  expect(differ([1000], vector([1000], "int64")).message).toBeNull()
  expect(differ([1001], vector([1000], "int64")).message).not.toBeNull()
  expect(differ([1], vector([0], "bool")).message).not.toBeNull()
})

test("shapes are compared, also those of one or no values", () => {
  expect(differ([1], { shape: [], dtype: "float64", data: [1] }).message).toContain("expected [], got [1]")
  expect(differ([], vector([])).message).toBeNull()
})
