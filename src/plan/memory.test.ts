import fc from "fast-check"
import { expect, test } from "vitest"
import { align, placeTemporaries } from "./memory.ts"

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
    }),
  )
})

test("a chain of values needs the room of two", () => {
  const chain = Array.from({ length: 50 }, (_, i) => ({ bytes: 1024, first: i, last: i + 1 }))
  expect(placeTemporaries(chain).bytes).toBe(2048)
})
