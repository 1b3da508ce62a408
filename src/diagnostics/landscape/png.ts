import { encodePng } from "../../io/index.ts"
import { tensor } from "../../tensor/index.ts"
import type { Levels } from "./levels.ts"
import { colourOf, levelsOf, shareOf } from "./levels.ts"
import type { Place } from "./plane.ts"
import type { PlaneSlice } from "./slice.ts"

/** Pixels of three channels. */
class Canvas {
  readonly size: number
  readonly pixels: Float32Array

  constructor(size: number) {
    this.size = size
    this.pixels = new Float32Array(3 * size * size)
  }

  set(column: number, row: number, colour: readonly number[]): void {
    const { size, pixels } = this
    if (column < 0 || row < 0 || column >= size || row >= size) return
    for (let c = 0; c < 3; c++) pixels[(c * size + row) * size + column] = colour[c]!
  }

  disc(column: number, row: number, radius: number, colour: readonly number[]): void {
    const reach = Math.ceil(radius)
    for (let i = -reach; i <= reach; i++)
      for (let j = -reach; j <= reach; j++)
        if (i * i + j * j <= radius * radius) this.set(Math.round(column) + i, Math.round(row) + j, colour)
  }

  line([x0, y0]: Place, [x1, y1]: Place, colour: readonly number[]): void {
    const steps = Math.min(4 * this.size, Math.ceil(Math.hypot(x1 - x0, y1 - y0))) || 1
    for (let s = 0; s <= steps; s++)
      this.disc(x0 + ((x1 - x0) * s) / steps, y0 + ((y1 - y0) * s) / steps, 1, colour)
  }
}

/**
 * A picture of the loss on a plane as PNG: colours for heights, contours, the path in white from its start (hollow) to its
 * end. Without text; the axes are the slice's.
 *
 * @param options.size width and height in pixels. Default: 480
 */
export async function landscapePng(
  slice: PlaneSlice,
  { size = 480 }: { size?: number } = {},
): Promise<Uint8Array> {
  const levels = levelsOf(slice)
  const canvas = new Canvas(size)
  const bands = new Int32Array(size * size)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const value = interpolated(slice, column / (size - 1), 1 - row / (size - 1))
      const share = shareOf(value, levels)
      bands[row * size + column] = bandOf(value, levels)
      canvas.set(column, row, Number.isNaN(value) ? [0.5, 0.5, 0.5] : colourOf(share))
    }
  contours(canvas, bands)
  drawPath(canvas, slice)
  return encodePng(tensor(canvas.pixels, { shape: [3, size, size] }))
}

/** Bilinear, at shares 0 to 1 of the two axes. */
function interpolated({ x, y, values }: PlaneSlice, a: number, b: number): number {
  const [column, row] = [a * (x.length - 1), b * (y.length - 1)]
  const [i, j] = [Math.min(Math.floor(column), x.length - 2), Math.min(Math.floor(row), y.length - 2)]
  const [s, t] = [column - i, row - j]
  const at = (di: number, dj: number): number => values[(j + dj) * x.length + i + di]!
  return (1 - t) * ((1 - s) * at(0, 0) + s * at(1, 0)) + t * ((1 - s) * at(0, 1) + s * at(1, 1))
}

function bandOf(value: number, { thresholds }: Levels): number {
  return thresholds.filter((threshold) => value > threshold).length
}

/** Darkens pixels where a level is crossed. */
function contours(canvas: Canvas, bands: Int32Array): void {
  const { size, pixels } = canvas
  for (let row = 0; row + 1 < size; row++)
    for (let column = 0; column + 1 < size; column++) {
      const at = row * size + column
      if (bands[at] === bands[at + 1] && bands[at] === bands[at + size]) continue
      for (let c = 0; c < 3; c++) pixels[c * size * size + at] = pixels[c * size * size + at]! * 0.6
    }
}

function drawPath(canvas: Canvas, { x, y, path }: PlaneSlice): void {
  const last = canvas.size - 1
  const pixels = path.map(([a, b]): Place => {
    const column = ((a - x[0]!) / (x.at(-1)! - x[0]!)) * last
    return [column, last - ((b - y[0]!) / (y.at(-1)! - y[0]!)) * last]
  })
  const white = [1, 1, 1]
  pixels.forEach((place, i) => {
    if (i > 0) canvas.line(pixels[i - 1]!, place, white)
  })
  if (pixels.length === 0) return
  canvas.disc(...pixels[0]!, 6, white)
  canvas.disc(...pixels[0]!, 4, [0, 0, 0])
  canvas.disc(...pixels.at(-1)!, 6, white)
}
