/** A temporary value's bytes, and the first and last kernel that touches it. */
export interface Lifetime {
  readonly bytes: number
  readonly first: number
  readonly last: number
}

/** Vectors and cache lines begin at multiples of this. */
export const ALIGNMENT = 64

export const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/**
 * Places values in one block so that values alive together do not overlap. Larger values are placed first, each at
 * the lowest place that is free for its whole life.
 */
export function placeTemporaries(lifetimes: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b)
  const offsets = new Array<number>(lifetimes.length).fill(0)
  const placed: number[] = []
  let total = 0
  for (const i of order) {
    const life = lifetimes[i]!
    const rivals = placed
      .filter((j) => lifetimes[j]!.first <= life.last && life.first <= lifetimes[j]!.last)
      .sort((a, b) => offsets[a]! - offsets[b]!)
    let offset = 0
    for (const j of rivals) {
      if (offset + align(life.bytes) <= offsets[j]!) break
      offset = Math.max(offset, offsets[j]! + align(lifetimes[j]!.bytes))
    }
    offsets[i] = offset
    placed.push(i)
    total = Math.max(total, offset + align(life.bytes))
  }
  return { offsets, bytes: total }
}
