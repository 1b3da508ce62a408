import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ALIGNMENT, Allocator, blockSize, PAGE } from "./allocator.ts"

describe("blockSize", () => {
  it("rounds up by at most a quarter, in whole cache lines", () => {
    const wrong = Array.from({ length: 40_000 }, (_, i) => 1 + 7 * i).filter((bytes) => {
      const size = blockSize(bytes)
      const tooLarge = bytes > 4 * ALIGNMENT && size / bytes > 1.25
      return size % ALIGNMENT !== 0 || size < bytes || blockSize(size) !== size || tooLarge
    })
    expect(wrong).toEqual([])
  })

  it("holds to the end of the address space", () => {
    expect(blockSize(0)).toBe(64)
    expect(blockSize(2 ** 31 + 1)).toBe(2.5 * 2 ** 30)
    expect(blockSize(2 ** 32 - 1)).toBe(2 ** 32)
  })
})

function create(maximum = 64 * PAGE): { allocator: Allocator; end: () => number } {
  let end = PAGE
  const allocator = new Allocator(ALIGNMENT, end, (bytes) => {
    if (end + bytes > maximum) return false
    end += bytes
    return true
  })
  return { allocator, end: () => end }
}

describe("Allocator", () => {
  it("uses a freed block again before anything else", () => {
    const { allocator } = create()
    const first = allocator.take(1024)!
    const second = allocator.take(1024)!
    allocator.give(first, 1024)
    expect(allocator.take(1024)).toBe(first)
    expect(second).not.toBe(first)
  })

  it("never hands out address 0", () => {
    expect(create().allocator.take(64)).toBeGreaterThan(0)
  })

  it("merges small blocks into a large one before it grows", () => {
    const { allocator, end } = create()
    const small = Array.from({ length: 15 }, () => allocator.take(4096)!)
    expect(end()).toBe(PAGE)
    for (const address of small) allocator.give(address, 4096)
    expect(allocator.take(blockSize(50_000))).toBeDefined()
    expect(end()).toBe(PAGE)
  })

  it("says when the memory is exhausted, and goes on after that", () => {
    const { allocator, end } = create()
    const large = allocator.take(32 * PAGE)!
    expect(allocator.take(40 * PAGE)).toBeUndefined()
    expect(end()).toBeLessThanOrEqual(64 * PAGE)
    allocator.give(large, 32 * PAGE)
    expect(allocator.take(40 * PAGE)).toBeDefined()
  })

  it("keeps live blocks apart, aligned and inside, whatever the order of requests", () => {
    const actions = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 100_000 })), { maxLength: 200 })
    fc.assert(
      fc.property(actions, (steps) => {
        const { allocator, end } = create()
        const live: { address: number; size: number }[] = []
        for (const [free, number] of steps) {
          if (free && live.length > 0) {
            const [block] = live.splice(number % live.length, 1)
            allocator.give(block!.address, block!.size)
            continue
          }
          const size = blockSize(number)
          const address = allocator.take(size)
          if (address === undefined) continue
          expect(address % ALIGNMENT).toBe(0)
          expect(address >= ALIGNMENT && address + size <= end()).toBe(true)
          for (const other of live) {
            expect(address + size <= other.address || other.address + other.size <= address).toBe(true)
          }
          live.push({ address, size })
        }
      }),
      { numRuns: 200, seed: 1 },
    )
  })

  it("holds no more memory after a thousand rounds than after the first", () => {
    const { allocator, end } = create()
    const round = (): void => {
      const sizes = [100, 5000, 300, 70_000, 64, 5000, 12_345].map(blockSize)
      const blocks = sizes.map((size) => [allocator.take(size)!, size] as const)
      for (const [address, size] of blocks) allocator.give(address, size)
    }
    round()
    const after = end()
    for (let i = 0; i < 1000; i++) round()
    expect(end()).toBe(after)
  })
})
