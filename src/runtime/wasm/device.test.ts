import { describe, expect, it } from "vitest"
import { NablaError } from "../../base/index.ts"
import { createWasmDevice } from "./device.ts"
import { wasmFeatures } from "./features.ts"

const megabyte = 2 ** 20

it("finds the features of the engine", () => {
  const features = wasmFeatures()
  expect(features.simd).toBe(true)
  expect(features.threads).toBe(true)
  expect(typeof features.relaxedSimd).toBe("boolean")
})

describe.each([false, true])("memory, shared: %s", (shared) => {
  it("grows and keeps what is in it", () => {
    const device = createWasmDevice({ shared, initialPages: 1, maximumPages: 256 })
    const small = device.allocate(400)
    const values = Float32Array.from({ length: 100 }, (_, i) => i / 3)
    device.write({ allocation: small, byteOffset: 0 }, "float32", values)
    const large = device.allocate(4 * megabyte)
    device.write({ allocation: large, byteOffset: 0 }, "float32", new Float32Array(megabyte).fill(7))
    expect(device.readSync({ allocation: small, byteOffset: 0 }, "float32", 100)).toEqual(values)
    expect(device.memory().reservedBytes).toBeGreaterThan(4 * megabyte)
    expect(device.memory().liveBytes).toBe(400 + 4 * megabyte)
  })

  it("says what was asked and what there was when it is exhausted", () => {
    const device = createWasmDevice({ shared, initialPages: 1, maximumPages: 32 })
    const kept = device.allocate(megabyte)
    let error: NablaError | undefined
    try {
      device.allocate(1.5 * megabyte)
    } catch (thrown) {
      error = thrown as NablaError
    }
    expect(error).toBeInstanceOf(NablaError)
    expect(error!.code).toBe("NABLA_OUT_OF_MEMORY")
    expect(error!.message).toContain("1.5 MiB were asked for")
    expect(error!.message).toMatch(/1\.0 MiB in use by 1 allocations, .* reserved, 2\.0 MiB at most/)
    expect(() => device.allocate(2 ** 40)).toThrow("NABLA_OUT_OF_MEMORY")
    // The device lives on.
    device.free(kept)
    expect(device.allocate(1.5 * megabyte).bytes).toBe(1.5 * megabyte)
  })
})

it("gives host arrays that later growth does not detach", () => {
  const device = createWasmDevice({ initialPages: 1 })
  const block = device.allocate(16)
  device.write({ allocation: block, byteOffset: 0 }, "int32", Int32Array.from([1, 2, 3, 4]))
  const read = device.readSync({ allocation: block, byteOffset: 0 }, "int32", 4)
  device.allocate(megabyte)
  expect(Array.from(read)).toEqual([1, 2, 3, 4])
})

it("turns a trap into an error of the device", () => {
  const device = createWasmDevice()
  // (func (export "k0") (param i32) unreachable) beside the imported memory
  const text = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 127, 0, 3, 2, 1, 0, 7, 6, 1, 2, 107, 48, 0, 0, 10, 5, 1, 3,
    0, 0, 11,
  ]
  const program = device.compile({ bytes: Uint8Array.from(text), kernelCount: 1, stages: [null] })
  const allocation = device.allocate(4)
  const calls = [{ kernel: 0, buffers: [{ allocation, byteOffset: 0 }] }]
  expect(() => device.run(program, calls)).toThrow(/kernel 0 .*unreachable.*NABLA_DEVICE_FAILED/)
})

it("refuses blocks of other devices and sizes that are none", () => {
  const device = createWasmDevice()
  expect(() => device.free({ bytes: 4, address: 64 })).toThrow("NABLA_INTERNAL")
  expect(() => device.allocate(-1)).toThrow("NABLA_INTERNAL")
  expect(() => device.allocate(1.5)).toThrow("NABLA_INTERNAL")
})
