import fc from "fast-check"
import { expect, test } from "vitest"
import { align, largestLiveSet, placeTemporaries } from "./memory.ts"

const lifetime = fc
  .record({ bytes: fc.integer({ min: 1, max: 5000 }), first: fc.nat(30), length: fc.nat(10) })
  .map(({ bytes, first, length }) => ({ bytes, first, last: first + length }))

test("values alive together never overlap, and the block is no larger than all of them", () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (lives) => {
      const { offsets, bytes } = placeTemporaries(lives)
      lives.forEach((a, i) => {
        expect(offsets[i]! % 64).toBe(0)
        expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes)
        lives.slice(0, i).forEach((b, j) => {
          const together = a.first <= b.last && b.first <= a.last
          const apart = offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!
          expect(!together || apart).toBe(true)
        })
      })
      expect(bytes).toBeLessThanOrEqual(lives.reduce((sum, life) => sum + align(life.bytes), 0))
      expect(bytes).toBeGreaterThanOrEqual(largestLiveSet(lives))
    }),
  )
})

test("the block is at most 1.3 times the largest set of live values", () => {
  fc.assert(
    fc.property(fc.array(lifetime, { minLength: 1, maxLength: 200 }), (lives) => {
      expect(placeTemporaries(lives).bytes).toBeLessThanOrEqual(1.3 * largestLiveSet(lives))
    }),
    { numRuns: 1000, seed: 1 },
  )
})

test("what a backward pass reads back is packed as tightly", () => {
  // A value of each layer stays until the backward pass comes back to it; others live for one kernel.
  const layers = 500
  const kept = Array.from({ length: layers }, (_, i) => ({
    bytes: 64 * (1 + ((i * 7919) % 97)),
    first: 2 * i,
    last: 4 * layers - 2 * i,
  }))
  const passing = Array.from({ length: 4 * layers }, (_, i) => ({
    bytes: 64 * (1 + ((i * 104_729) % 89)),
    first: i,
    last: i + 1,
  }))
  const lives = [...kept, ...passing]
  expect(placeTemporaries(lives).bytes).toBeLessThanOrEqual(1.1 * largestLiveSet(lives))
})

test("a chain of values needs the room of two", () => {
  const chain = Array.from({ length: 50 }, (_, i) => ({ bytes: 1024, first: i, last: i + 1 }))
  expect(placeTemporaries(chain).bytes).toBe(2048)
})

test("nothing to place takes no room", () => {
  expect(placeTemporaries([])).toEqual({ offsets: [], bytes: 0 })
})
