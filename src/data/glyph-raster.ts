/** Width and height of a glyph image, in pixels. */
export const GLYPH_SIZE = 28

/** Pixels over which the edge of a stroke fades from full to nothing. */
const EDGE = 1

/**
 * Draws a straight line with round ends, smoothed by its distance field, keeping the brighter of old and new value:
 *
 *     coverage(p) = clamp(½ + (radius − distance(p, line)) / EDGE, 0, 1)
 *     image(p) ← max(image(p), strength · coverage(p))
 *
 * Only the pixels near the line are visited. Coordinates are in pixels; pixel (column j, row i) has its centre at
 * (j + ½, i + ½).
 *
 * @param image 28·28 values, row by row
 * @param radius half the thickness, in pixels
 * @param strength brightness of the line, 0 to 1
 */
export function drawLine(
  image: Float32Array,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  radius: number,
  strength: number,
): void {
  const reach = radius + EDGE / 2
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach))
  const right = Math.min(GLYPH_SIZE - 1, Math.ceil(Math.max(x0, x1) + reach))
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach))
  const bottom = Math.min(GLYPH_SIZE - 1, Math.ceil(Math.max(y0, y1) + reach))
  const dx = x1 - x0
  const dy = y1 - y0
  const inverseSquare = 1 / (dx * dx + dy * dy + 1e-9)
  for (let row = top; row <= bottom; row++) {
    const py = row + 0.5 - y0
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - x0
      // the nearest point of the line is its start plus `along` times its length
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) * inverseSquare))
      const ex = px - along * dx
      const ey = py - along * dy
      const square = ex * ex + ey * ey
      if (square >= reach * reach) continue
      const value = strength * Math.min(1, (reach - Math.sqrt(square)) / EDGE)
      const pixel = row * GLYPH_SIZE + column
      if (value > image[pixel]!) image[pixel] = value
    }
  }
}

const STEPS_PER_SPAN = 4

/**
 * Draws a stroke: the straight line between two points, or the uniform Catmull–Rom curve through three and more.
 * Between the points p₁ and p₂, with neighbours p₀ and p₃ and t from 0 to 1:
 *
 *     p(t) = ½ (2p₁ + (p₂−p₀)t + (2p₀−5p₁+4p₂−p₃)t² + (3p₁−p₀−3p₂+p₃)t³)
 *
 * @param points x₀, y₀, x₁, y₁, … in pixels
 * @param count how many points stand in `points`
 */
export function drawStroke(
  image: Float32Array,
  points: Float64Array,
  count: number,
  radius: number,
  strength: number,
): void {
  if (count === 2) {
    drawLine(image, points[0]!, points[1]!, points[2]!, points[3]!, radius, strength)
    return
  }
  const last = count - 1
  const closed = points[0] === points[2 * last] && points[1] === points[2 * last + 1]
  for (let span = 0; span < last; span++) {
    // At an open end the end point is its own neighbour; a closed curve continues beyond the seam.
    const before = 2 * (span > 0 ? span - 1 : closed ? last - 1 : 0)
    const after = 2 * (span + 2 <= last ? span + 2 : closed ? 1 : last)
    drawSpan(image, points, before, 2 * span, after, radius, strength)
  }
}

function drawSpan(
  image: Float32Array,
  points: Float64Array,
  before: number,
  start: number,
  after: number,
  radius: number,
  strength: number,
): void {
  let x = points[start]!
  let y = points[start + 1]!
  for (let step = 1; step <= STEPS_PER_SPAN; step++) {
    const t = step / STEPS_PER_SPAN
    const nextX = catmullRom(points[before]!, points[start]!, points[start + 2]!, points[after]!, t)
    const nextY = catmullRom(
      points[before + 1]!,
      points[start + 1]!,
      points[start + 3]!,
      points[after + 1]!,
      t,
    )
    drawLine(image, x, y, nextX, nextY, radius, strength)
    x = nextX
    y = nextY
  }
}

function catmullRom(p0: number, p1: number, p2: number, p3: number, t: number): number {
  return (
    0.5 * (2 * p1 + t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * p1 - p0 - 3 * p2 + p3))))
  )
}
