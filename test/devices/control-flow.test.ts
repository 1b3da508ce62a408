import { describe, expect, it } from "vitest"
import type { Kernel } from "../../src/kernel/index.ts"
import * as k from "../../src/kernel/index.ts"
import { branch, cases, int, loop, run, set, store, variable } from "./cases.ts"

for (const c of cases) {
  describe(c.name, () => {
    it("loops: nested, empty, with bounds that are computed", () => {
      // out[i] = Σ_{j<i} in[j]
      const total = variable("f32")
      const kernel: Kernel = {
        name: "prefix sums",
        buffers: [
          { type: "f32", length: 6, access: "read" },
          { type: "f32", length: 6, access: "write" },
        ],
        body: [
          loop(0, 6, 1, (i) => [
            set(total, k.constant("f32", 0)),
            loop(0, i, 1, (j) => [
              { kind: "assign", variable: total, value: k.add(k.use(total), k.load(0, "f32", j)) },
            ]),
            store(1, i, k.use(total)),
          ]),
          loop(6, 6, 1, (i) => [store(1, i, k.constant("f32", NaN))]),
          loop(9, 6, 2, (i) => [store(1, i, k.constant("f32", NaN))]),
        ],
      }
      expect(Array.from(run(c, kernel, [Float32Array.from([1, 2, 4, 8, 16, 32])])[0]!)).toEqual([
        0, 1, 3, 7, 15, 31,
      ])
    })

    it("while and if: the steps of Collatz's sequence", () => {
      const n = variable("i32")
      const count = variable("i32")
      const isOdd = k.compare("ne", k.binary("and", k.use(n), int(1)), int(0))
      const starts = Int32Array.from([1, 2, 3, 7, 27])
      const kernel: Kernel = {
        name: "collatz",
        buffers: [
          { type: "i32", length: 5, access: "read" },
          { type: "i32", length: 5, access: "write" },
        ],
        body: [
          loop(0, 5, 1, (i) => [
            set(n, k.load(0, "i32", i)),
            set(count, int(0)),
            {
              kind: "while",
              condition: k.compare("gt", k.use(n), int(1)),
              body: [
                branch(
                  isOdd,
                  [{ kind: "assign", variable: n, value: k.add(k.mul(k.use(n), int(3)), int(1)) }],
                  [{ kind: "assign", variable: n, value: k.binary("div", k.use(n), int(2)) }],
                ),
                { kind: "assign", variable: count, value: k.add(k.use(count), int(1)) },
              ],
            },
            store(1, i, k.use(count)),
          ]),
        ],
      }
      expect(Array.from(run(c, kernel, [starts])[0]!)).toEqual([0, 1, 7, 16, 111])
    })

    it("gathers with an index from memory, negative offsets and scratch memory", () => {
      const kernel: Kernel = {
        name: "gather",
        buffers: [
          { type: "f32", length: 5, access: "read" },
          { type: "i32", length: 4, access: "read" },
          { type: "f32", length: 4, access: "write" },
          { type: "f32", length: 4, access: "scratch" },
        ],
        body: [
          loop(0, 4, 1, (i) => {
            const index = k.add(k.sub(k.load(1, "i32", i), int(3)), int(2))
            return [store(3, i, k.load(0, "f32", index))]
          }),
          loop(1, 5, 1, (i) => [store(2, k.add(i, int(-1)), k.load(3, "f32", k.sub(i, int(1))))]),
        ],
      }
      const [got] = run(c, kernel, [Float32Array.from([10, 20, 30, 40, 50]), Int32Array.from([5, 1, 3, 2])])
      expect(Array.from(got!)).toEqual([50, 10, 30, 20])
    })

    it("counts what is allocated, and finds a block that is freed twice", () => {
      const before = c.device.memory()
      const block = c.device.allocate(1000)
      expect(c.device.memory().liveBytes).toBe(before.liveBytes + 1000)
      expect(c.device.memory().liveAllocations).toBe(before.liveAllocations + 1)
      c.device.free(block)
      expect(c.device.memory().liveBytes).toBe(before.liveBytes)
      expect(() => c.device.free(block)).toThrow(/freed twice.*NABLA_INTERNAL/s)
    })

    it("reads and writes at offsets, and refuses what lies outside", async () => {
      const allocation = c.device.allocate(64)
      c.device.write({ allocation, byteOffset: 16 }, "float32", Float32Array.from([1, 2, 3]))
      expect(Array.from(await c.device.read({ allocation, byteOffset: 20 }, "float32", 2))).toEqual([2, 3])
      c.device.write({ allocation, byteOffset: 0 }, "bool", Uint8Array.from([0, 1, 7]))
      expect(c.device.readSync({ allocation, byteOffset: 0 }, "bool", 3)).toEqual(Uint8Array.from([0, 1, 1]))
      c.device.write({ allocation, byteOffset: 8 }, "float64", Float64Array.from([Math.PI]))
      expect(c.device.readSync({ allocation, byteOffset: 8 }, "float64", 1)[0]).toBe(Math.PI)
      expect(() => c.device.readSync({ allocation, byteOffset: 60 }, "float64", 1)).toThrow("NABLA_INTERNAL")
      expect(() => c.device.write({ allocation, byteOffset: 0 }, "int32", new Int32Array(17))).toThrow(
        "NABLA_INTERNAL",
      )
      c.device.free(allocation)
      expect(() => c.device.readSync({ allocation, byteOffset: 0 }, "int32", 1)).toThrow("NABLA_INTERNAL")
    })
  })
}
