/** A temporary value's bytes, and the first and last kernel that touches it. */
export interface Lifetime {
  readonly bytes: number
  readonly first: number
  readonly last: number
}

/** Vectors and cache lines begin at multiples of this. */
export const ALIGNMENT = 64

export const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/** Where values lie in a block. */
export interface Placement {
  readonly offsets: readonly number[]
  readonly bytes: number
}

/** A placement this close to the largest set of live values is not tried to be bettered. */
const GOOD_ENOUGH = 1.05
/** Values up to which several orders are tried: each takes time with the square of the count. */
const SEARCHED = 2000

/**
 * Places values in one block so that values alive together do not overlap: one after the other, each at the lowest
 * place that is free for its whole life. Large ones go first; where that leaves gaps, other orders are tried.
 */
export function placeTemporaries(lifetimes: readonly Lifetime[]): Placement {
  const floor = largestLiveSet(lifetimes)
  let best: Placement | null = null
  for (const rank of orders) {
    const found = place(lifetimes, rank)
    if (best === null || found.bytes < best.bytes) best = found
    if (best.bytes <= GOOD_ENOUGH * floor || lifetimes.length > SEARCHED) break
  }
  return best!
}

/** Bytes of the values that are alive together, where they are most: no placement takes less. */
export function largestLiveSet(lifetimes: readonly Lifetime[]): number {
  const change: number[] = []
  for (const { bytes, first, last } of lifetimes) {
    change[first] = (change[first] ?? 0) + align(bytes)
    change[last + 1] = (change[last + 1] ?? 0) - align(bytes)
  }
  let live = 0
  let most = 0
  for (let at = 0; at < change.length; at++) most = Math.max(most, (live += change[at] ?? 0))
  return most
}

const span = ({ first, last }: Lifetime): number => last - first + 1

/** What goes first has the largest number. */
const orders: readonly ((life: Lifetime) => number)[] = [
  ({ bytes }) => bytes,
  (life) => life.bytes * span(life),
  span,
  ({ first }) => -first,
  ({ last }) => last,
]

function place(lifetimes: readonly Lifetime[], rank: (life: Lifetime) => number): Placement {
  const count = lifetimes.length
  const ranks = Float64Array.from(lifetimes, rank)
  const sizes = Float64Array.from(lifetimes, ({ bytes }) => align(bytes))
  const first = Int32Array.from(lifetimes, (life) => life.first)
  const last = Int32Array.from(lifetimes, (life) => life.last)
  const offsets = new Float64Array(count)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  order.sort((a, b) => ranks[b]! - ranks[a]! || sizes[b]! - sizes[a]! || a - b)
  // Those that have a place, the lowest first.
  const placed = new Uint32Array(count)
  let total = 0
  for (let n = 0; n < count; n++) {
    const i = order[n]!
    let offset = 0
    for (let p = 0; p < n; p++) {
      const j = placed[p]!
      if (first[j]! > last[i]! || last[j]! < first[i]!) continue
      if (offset + sizes[i]! <= offsets[j]!) break
      const end = offsets[j]! + sizes[j]!
      if (end > offset) offset = end
    }
    offsets[i] = offset
    insert(placed, n, i, offsets)
    total = Math.max(total, offset + sizes[i]!)
  }
  return { offsets: [...offsets], bytes: total }
}

/** Puts the next number into a list of `length` numbers that is sorted by offset. */
function insert(list: Uint32Array, length: number, next: number, offsets: Float64Array): void {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (offsets[list[middle]!]! <= offsets[next]!) low = middle + 1
    else high = middle
  }
  list.copyWithin(low + 1, low, length)
  list[low] = next
}
