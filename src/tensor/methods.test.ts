import { expect, test } from "vitest"
import { Tensor, tensor } from "./index.ts"
import { furtherMethods } from "./method-names.ts"

const methodsNow = (): Map<string, unknown> =>
  new Map(
    Object.entries(Object.getOwnPropertyDescriptors(Tensor.prototype)).map(([name, { value }]) => [
      name,
      value,
    ]),
  )

test("a method that a program does without says so, and all are there once they are imported", async () => {
  const x = tensor([3, 1, 2])
  expect(() => x.sort()).toThrow(/without the method sort.*NABLA_METHOD_NOT_LOADED/)
  expect(() => x.exp2_()).toThrow(/NABLA_METHOD_NOT_LOADED/)
  expect(x.add(1).toArray()).toEqual([4, 2, 3])
  const before = methodsNow()
  await import("./methods.ts")
  const after = methodsNow()
  expect(x.sort()[0].toArray()).toEqual([1, 2, 3])
  // No method appears that was not announced, and none that was announced stays away.
  expect([...after.keys()].filter((name) => !before.has(name))).toEqual([])
  expect(furtherMethods.filter((name) => after.get(name) === before.get(name))).toEqual([])
})
