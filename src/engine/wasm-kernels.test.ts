import { expect, test } from "vitest"
import type { Kernel } from "../kernel/index.ts"
import { constant } from "../kernel/index.ts"
import { createWasmDevice } from "../runtime/wasm/index.ts"
import { WasmKernels } from "./wasm-kernels.ts"

/** A kernel that stores a number. */
const storing = (value: number): Kernel => ({
  name: `store ${value}`,
  buffers: [{ type: "f32", length: 1, access: "write" }],
  body: [{ kind: "store", buffer: 0, index: constant("i32", 0), value: constant("f32", value) }],
})

test("a kernel is compiled once, whichever programs it is in, and in any order", () => {
  const device = createWasmDevice()
  const kernels = new WasmKernels(device)
  const [one, two, three] = [storing(1), storing(2), storing(3)]
  const target = { allocation: device.allocate(4), byteOffset: 0 }
  const results = (list: readonly Kernel[]): number[] => {
    const program = kernels.program(list)
    return list.map((_, kernel) => {
      device.run(program, [{ kernel, buffers: [target] }])
      return device.readSync(target, "float32", 1)[0]!
    })
  }
  expect(results([one, two])).toEqual([1, 2])
  expect(kernels.compiled).toBe(2)
  expect(results([three, two, one])).toEqual([3, 2, 1])
  expect(kernels.compiled).toBe(3)
  expect(results([two])).toEqual([2])
  expect(kernels.compiled).toBe(3)
})
