/** Every block begins on a cache line. */
export const ALIGNMENT = 64

/**
 * The size that a block for so many bytes has: a power of two or one of three steps between, so that at most a
 * quarter is unused and blocks that are freed fit later requests of about the same size.
 */
export function blockSize(bytes: number): number {
  if (bytes <= 4 * ALIGNMENT) return Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) & -ALIGNMENT)
  // A quarter of the largest power of two below `bytes`.
  const step = 1 << (29 - Math.clz32(bytes - 1))
  // In 32-bit integers where that is enough: the sizes are keys, and integers make faster ones.
  return bytes <= 2 ** 30 ? (bytes + step - 1) & -step : Math.ceil(bytes / step) * step
}

interface Span {
  address: number
  size: number
}

/**
 * Hands out blocks of one linear memory. A freed block goes on the list of its size and is the first to be used
 * again. When no list serves, blocks are cut from free spans, then from the untouched top; then all free blocks are
 * merged into spans, and only after that the memory grows.
 */
export class Allocator {
  private readonly lists = new Map<number, number[]>()
  private spans: Span[] = []
  private listedBytes = 0
  private top: number
  private end: number
  private readonly grow: (bytes: number) => boolean

  /**
   * @param start the first address that may be handed out
   * @param end where the memory ends at first
   * @param grow makes the memory longer by at least so many bytes (a whole number of 64 KiB pages), if it can
   */
  constructor(start: number, end: number, grow: (bytes: number) => boolean) {
    this.top = start
    this.end = end
    this.grow = grow
  }

  /** The address of a block of this size (see {@link blockSize}), or undefined when the memory is exhausted. */
  take(size: number): number | undefined {
    const list = this.lists.get(size)
    if (list !== undefined && list.length > 0) {
      this.listedBytes -= size
      return list.pop()
    }
    return this.cut(size) ?? this.cutMerged(size) ?? this.cutGrown(size)
  }

  give(address: number, size: number): void {
    const list = this.lists.get(size)
    if (list === undefined) this.lists.set(size, [address])
    else list.push(address)
    this.listedBytes += size
  }

  /** From the smallest span that is long enough, or from the top. */
  private cut(size: number): number | undefined {
    let best: Span | undefined
    for (const span of this.spans) {
      if (span.size >= size && (best === undefined || span.size < best.size)) best = span
    }
    if (best !== undefined) {
      const { address } = best
      best.address += size
      best.size -= size
      if (best.size === 0) this.spans.splice(this.spans.indexOf(best), 1)
      return address
    }
    if (this.top + size > this.end) return undefined
    this.top += size
    return this.top - size
  }

  private cutMerged(size: number): number | undefined {
    if (this.listedBytes === 0) return undefined
    this.merge()
    return this.cut(size)
  }

  /** Turns the lists into spans, joining neighbours; what borders on the top becomes part of it. */
  private merge(): void {
    const pieces = this.spans
    for (const [size, list] of this.lists) for (const address of list) pieces.push({ address, size })
    pieces.sort((a, b) => a.address - b.address)
    this.lists.clear()
    this.listedBytes = 0
    this.spans = []
    for (const piece of pieces) {
      const last = this.spans.at(-1)
      if (last !== undefined && last.address + last.size === piece.address) last.size += piece.size
      else this.spans.push(piece)
    }
    const last = this.spans.at(-1)
    if (last !== undefined && last.address + last.size === this.top) {
      this.top = last.address
      this.spans.pop()
    }
  }

  private cutGrown(size: number): number | undefined {
    const missing = this.top + size - this.end
    // A quarter more each time, so that the number of growths (and of merges before them) is logarithmic.
    for (const bytes of [Math.max(missing, this.end / 4), missing]) {
      const pages = Math.ceil(bytes / PAGE)
      if (!this.grow(pages * PAGE)) continue
      this.end += pages * PAGE
      return this.cut(size)
    }
    return undefined
  }
}

/** Bytes of a page of WebAssembly memory. */
export const PAGE = 65536
