import { describe, expect, test } from "vitest"
import { NablaError } from "../../src/base/index.ts"
import { fromHost } from "../../src/engine/index.ts"
import { makeNode } from "../../src/graph/index.ts"
import * as ops from "../../src/ops/index.ts"
import { examples } from "./examples.ts"
import { apply, draw, nodes } from "./harness.ts"

test("a primitive without one of its rules does not compile", () => {
  const { jvp, ...withoutForward } = ops.addOp
  const { vjp, ...withoutReverse } = ops.addOp
  const { vmap, ...withoutBatching } = ops.addOp
  const { lower, ...withoutLowering } = ops.addOp
  // @ts-expect-error: no forward derivative
  const a: ops.Primitive<ops.NoAttrs> = withoutForward
  // @ts-expect-error: no reverse derivative
  const b: ops.Primitive<ops.NoAttrs> = withoutReverse
  // @ts-expect-error: no batching rule
  const c: ops.Primitive<ops.NoAttrs> = withoutBatching
  // @ts-expect-error: no lowering
  const d: ops.Primitive<ops.NoAttrs> = withoutLowering
  expect([a, b, c, d].every((record) => record.name === "add")).toBe(true)
  expect([jvp, vjp, vmap, lower].every((rule) => rule !== undefined)).toBe(true)
})

/** Elementwise primitives of several arguments, each once. */
const several = [...new Map(examples.map((example) => [example.op.name, example])).values()].filter(
  ({ op, inputs }) => op.lower.kind === "pointwise" && op.lower.elementwise && inputs.length > 1,
)

describe.each(several.map((example) => [example.op.name, example] as const))("%s", (_, example) => {
  const given = nodes(example, "float32", draw(example, "float32", 1))

  test("refuses arguments of different shape", () => {
    const odd = fromHost(new Float32Array(99), [99], given.at(-1)!.aval.dtype)
    expect(() => makeNode(example.op, [...given.slice(0, -1), odd], {})).toThrow(
      expect.objectContaining({ code: "NABLA_SHAPE_MISMATCH" }),
    )
  })

  test("refuses arguments of different type", () => {
    if (example.op.name === "where") return
    const last = given.at(-1)!
    const odd = fromHost(new Float64Array(last.aval.size), last.shape, "float64")
    expect(() => makeNode(example.op, [...given.slice(0, -1), odd], {})).toThrow(NablaError)
  })

  test("takes what it should", () => {
    expect(apply(example, "float32", given).shape).toEqual(given[0]!.shape)
  })
})
