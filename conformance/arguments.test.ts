import { expect, test } from "vitest"
import { parseArguments, UsageError } from "./arguments.ts"

test("defaults: wasm in float32, reference in float64", () => {
  expect(parseArguments(["."])).toMatchObject({
    device: "wasm",
    float: "float32",
    categories: [],
    name: null,
  })
  expect(parseArguments([".", "--device", "reference"])).toMatchObject({
    device: "reference",
    float: "float64",
  })
  expect(parseArguments([".", "--device=reference", "--dtype=float32"]).float).toBe("float32")
})

test("categories repeat or come as a list", () => {
  const { categories } = parseArguments([".", "--category", "ops,losses", "--category", "init"])
  expect(categories).toEqual(["ops", "losses", "init"])
})

test.each([
  [[]],
  [["a", "b"]],
  [["/no/such/folder"]],
  [[".", "--dtype", "int8"]],
  [[".", "--name", "("]],
  [[".", "--unknown"]],
])("%j is a usage error", (args) => {
  expect(() => parseArguments(args)).toThrow(UsageError)
})
