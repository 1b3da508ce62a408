import { describe, expect, it } from "vitest"
import { KernelBuilder } from "./builder.ts"
import { Code, int } from "./code.ts"
import * as ir from "./expr.ts"
import { Index } from "./index-algebra.ts"
import { reduce } from "./reduce.ts"
import { stagesOf } from "./stages.ts"

const everything = { scratch: [] }

describe("stages of a kernel", () => {
  it("are not there for little work, nor for turns that depend on each other", () => {
    for (const [length, parallel] of [
      [1000, everything],
      [1_000_000, undefined],
    ] as const) {
      const code = new Code()
      const out = code.buffer("f32", length, "write")
      code.for(int(0), int(length), 1, (i) => code.store(out, i, ir.constant("f32", 1)), parallel)
      expect(stagesOf(code.finish("ones"))).toBeNull()
    }
  })

  it("are shared loops and what lies between them, each with the values that it needs", () => {
    const code = new Code()
    const length = 1_000_000
    const [from, out] = [code.buffer("f32", length, "read"), code.buffer("f32", length, "write")]
    const table = code.scratch("i32", 4)
    const scale = code.bind(code.load(from, int(0)))
    const other = code.bind(code.load(from, int(1)))
    code.store(table, int(0), int(3))
    code.for(int(0), int(length), 1, (i) => code.store(out, i, ir.mul(code.load(from, i), scale)), everything)
    code.store(out, int(0), other)
    const stages = stagesOf(code.finish("mixed"))!
    expect(stages.map(({ shared }) => shared?.turns ?? 0)).toEqual([0, length, 0])
    expect(stages.map(({ setup }) => setup.length)).toEqual([0, 1, 1])
    expect(stages[1]!.shared!.work).toBeGreaterThan(length)
  })

  it("are not there when a shared loop needs what is computed into a variable or from the result", () => {
    const length = 1_000_000
    for (const spoil of [
      (code: Code) => {
        const variable = code.variable(ir.constant("f32", 0))
        code.for(int(0), int(3), 1, (i) => code.assign(variable, ir.add(ir.use(variable), code.load(0, i))))
        return ir.use(variable)
      },
      (code: Code) => code.bind(code.load(1, int(0))),
    ]) {
      const code = new Code()
      code.buffer("f32", length, "read")
      code.buffer("f32", length, "write")
      const value = spoil(code)
      code.for(int(0), int(length), 1, (i) => code.store(1, i, value), everything)
      expect(stagesOf(code.finish("dependent"))).toBeNull()
    }
  })

  it("share the blocks of a long sum to one number", () => {
    const sum = (length: number) => {
      const b = new KernelBuilder()
      const [from, to] = [b.buffer("f32", length, "read"), b.buffer("f32", 1, "write")]
      const total = reduce(b, b.root, [length], "f32", { op: "add", identity: 0 }, 4, ([i]) =>
        b.load(from, i!),
      )
      b.store(to, Index.constant(0), total, b.root)
      return b.finish("sum")
    }
    expect(stagesOf(sum(2 ** 20))!.map(({ shared }) => shared?.turns ?? 0)).toEqual([1024, 0])
    expect(stagesOf(sum(2 ** 15))).toBeNull()
  })
})
