/** How large a matrix product is. */
export interface ProductSize {
  readonly batches: number
  readonly rows: number
  readonly columns: number
  readonly depth: number
}

/** Multiplications below which a product is not divided. */
const PART_WORK = 2 ** 19
/** Rows or columns that a part should have, and at least half as many. */
const PART_EXTENT = 128

/**
 * Parts of the rows, or of the columns where there are more of them, for so many threads. Each packs all of the other
 * argument, so that it must be long enough for that to be little; and even numbers of parts are shared out best.
 */
export function partsOf(size: ProductSize, threads: number): number {
  const { batches, rows, columns, depth } = size
  const busy = threads > 1 && batches < threads && rows * columns * depth >= PART_WORK
  if (!busy || slicesOf(size) > 1) return 1
  const extent = Math.max(rows, columns)
  const most = Math.min(threads, Math.max(Math.floor(extent / PART_EXTENT), extent >= PART_EXTENT ? 2 : 1))
  return most < threads && most > 1 ? most - (most % 2) : most
}

/** Slices that a product has at most, and the summands that a slice has at least. */
const SLICES = 8
const SLICE_DEPTH = 1024
/** A product with so many parts needs no slices: most machines' threads are busy with those. */
const ENOUGH_PARTS = 4

/**
 * Slices of the summands whose sums are computed apart: for results that are too small to be shared out, but have many
 * summands, such as the gradients of a convolution's weights. The size alone decides, since slices change the rounding
 * and results must not depend on the number of threads.
 */
export function slicesOf({ batches, rows, columns, depth }: ProductSize): number {
  const parts = batches * Math.max(1, Math.floor(Math.max(rows, columns) / PART_EXTENT))
  if (parts >= ENOUGH_PARTS || rows * columns * depth < PART_WORK) return 1
  return Math.max(1, Math.min(SLICES, Math.floor(depth / SLICE_DEPTH)))
}
