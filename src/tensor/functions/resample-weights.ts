/**
 * Which elements of a row each element of the resampled row is made of, and with what weights. All modes are separable,
 * so that one such table for each dimension is the whole of an interpolation.
 */
export interface Taps {
  /** Elements that each result is made of. */
  readonly taps: number
  /** Their indices, result by result. */
  readonly indices: Int32Array
  /** Their weights; null where the only one is 1. */
  readonly weights: Float64Array | null
}

/** How the grid of the result lies on that of the row. */
export interface Grid {
  readonly size: number
  readonly count: number
  /** Result elements for each element of the row, where the user gave it. */
  readonly factor: number | undefined
  readonly alignCorners: boolean
}

function scaleOf({ size, count, factor, alignCorners }: Grid): number {
  if (alignCorners) return count > 1 ? (size - 1) / (count - 1) : 0
  return factor === undefined ? size / count : 1 / factor
}

function clampIndex(index: number, size: number): number {
  return Math.min(Math.max(index, 0), size - 1)
}

/** The nearest element below the place (exact = 0), or below its middle (exact = ½), in PyTorch's single precision. */
export function nearestTaps(grid: Grid, exact: boolean): Taps {
  const { size, count } = grid
  const scale = Math.fround(scaleOf(grid))
  const place = (i: number): number => {
    if (count === size) return i
    if (!exact && count === 2 * size) return Math.floor(i / 2)
    return Math.floor(Math.fround((exact ? i + 0.5 : i) * scale))
  }
  return {
    taps: 1,
    indices: Int32Array.from({ length: count }, (_, i) => clampIndex(place(i), size)),
    weights: null,
  }
}

/** Middle of result element i on the grid of the row. */
function centre(grid: Grid, i: number): number {
  const scale = scaleOf(grid)
  return grid.alignCorners ? scale * i : scale * (i + 0.5) - 0.5
}

function fill(
  count: number,
  taps: number,
  of: (i: number) => readonly (readonly [index: number, weight: number])[],
): Taps {
  const indices = new Int32Array(count * taps)
  const weights = new Float64Array(count * taps)
  for (let i = 0; i < count; i++) {
    of(i).forEach(([index, weight], tap) => {
      indices[i * taps + tap] = index
      weights[i * taps + tap] = weight
    })
  }
  return { taps, indices, weights }
}

/** Two neighbours, weighted by their distance. */
export function linearTaps(grid: Grid): Taps {
  const { size, count } = grid
  return fill(count, 2, (i) => {
    const place = count === size ? i : Math.max(centre(grid, i), 0)
    const low = Math.min(Math.floor(place), size - 1)
    const share = Math.min(Math.max(place - low, 0), 1)
    return [
      [low, 1 - share],
      [Math.min(low + 1, size - 1), share],
    ]
  })
}

/** The cubic convolution kernel of Keys (1981). */
function cubic(x: number, a: number): number {
  const t = Math.abs(x)
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1
  return t < 2 ? ((t - 5) * t + 8) * t * a - 4 * a : 0
}

/** Four neighbours, weighted by Keys' kernel with a = −¾. */
export function cubicTaps(grid: Grid): Taps {
  const { size, count } = grid
  return fill(count, 4, (i) => {
    const place = count === size ? i : centre(grid, i)
    const low = Math.floor(place)
    return [-1, 0, 1, 2].map((offset) => [clampIndex(low + offset, size), cubic(place - low - offset, -0.75)])
  })
}

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x))
const softCubic = (x: number): number => cubic(x, -0.5)

/** All elements under the kernel, which is widened when the row shrinks, so that nothing is skipped. */
export function antialiasTaps(grid: Grid, mode: "linear" | "cubic"): Taps {
  const { size, count } = grid
  const filter = mode === "linear" ? triangle : softCubic
  const scale = scaleOf(grid)
  const spread = Math.max(scale, 1)
  const support = (mode === "linear" ? 1 : 2) * spread
  const taps = Math.ceil(support) * 2 + 1
  return fill(count, taps, (i) => {
    const middle = scale * (i + 0.5)
    const start = Math.max(Math.trunc(middle - support + 0.5), 0)
    const end = Math.min(Math.trunc(middle + support + 0.5), size)
    const row = Array.from({ length: end - start }, (_, j): [number, number] => [
      start + j,
      filter((start + j - middle + 0.5) / spread),
    ])
    const total = row.reduce((sum, [, weight]) => sum + weight, 0)
    return row.map(([index, weight]) => [index, total === 0 ? weight : weight / total])
  })
}
