import { describe, expect, it } from "vitest"
import * as k from "../../src/kernel/index.ts"
import { cases, run } from "./cases.ts"

/** Products whose columns are the windows of images: rows of several lengths, so that vectors end in every place. */

const IMAGES = 2
const PITCH = 20
const TAPS = 3
const ROWS = 10

interface Sizes {
  readonly height: number
  readonly width: number
  readonly step: number
}

/** Columns are (image, y, x) and summands (tap of y, tap of x) of one channel. */
function operands({ height, width, step }: Sizes): { lhs: k.GemmOperand; rhs: k.GemmOperand } {
  const depth = TAPS * TAPS
  const image = PITCH * PITCH
  const lhs = {
    length: ROWS * depth,
    offset: 0,
    batch: [],
    free: [{ extent: ROWS, stride: depth }],
    contract: [{ extent: depth, stride: 1 }],
  }
  const rhs = {
    length: IMAGES * image,
    offset: 0,
    batch: [],
    free: [
      { extent: IMAGES, stride: image },
      { extent: height, stride: step * PITCH },
      { extent: width, stride: step },
    ],
    contract: [
      { extent: TAPS, stride: PITCH },
      { extent: TAPS, stride: 1 },
    ],
  }
  return { lhs, rhs }
}

/** Whole numbers, so that sums are exact in any order. */
const numbers = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * 7919 + seed) % 17) - 8)

function expected(a: Float32Array, b: Float32Array, { height, width, step }: Sizes): number[] {
  const out: number[] = []
  for (let row = 0; row < ROWS; row++) {
    for (let n = 0; n < IMAGES; n++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          let sum = 0
          for (let tap = 0; tap < TAPS * TAPS; tap++) {
            const [v, u] = [Math.floor(tap / TAPS), tap % TAPS]
            const from = n * PITCH * PITCH + (step * y + v) * PITCH + step * x + u
            sum += a[row * TAPS * TAPS + tap]! * b[from]!
          }
          out.push(sum)
        }
      }
    }
  }
  return out
}

describe.each(cases.filter(({ vectorBytes }) => vectorBytes.length > 0))("on $name", (c) => {
  const tiles: [string, k.GemmTile][] = c.vectorBytes.map((bytes) => [
    `${bytes} bytes`,
    k.gemmTile(true, bytes),
  ])
  if (c.name === "native") tiles.push(["64 bytes", k.wideGemmTile(64)])

  describe.each(tiles)("vectors of %s", (_, tile) => {
    it.each([
      { height: 18, width: 18, step: 1 },
      { height: 14, width: 14, step: 1 },
      { height: 5, width: 7, step: 1 },
      { height: 3, width: 2, step: 1 },
      { height: 9, width: 9, step: 2 },
    ])("$height × $width windows in steps of $step", (sizes) => {
      const { lhs, rhs } = operands(sizes)
      const [a, b] = [numbers(lhs.length, 1), numbers(rhs.length, 5)]
      const [got] = run(c, k.gemm("windows", "f32", lhs, rhs, tile), [a, b])
      expect(Array.from(got!)).toEqual(expected(a, b, sizes))
    })
  })
})
