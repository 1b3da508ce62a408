import { NablaError, Random } from "../base/index.ts"
import type { ArrayDataset } from "./dataset.ts"
import { arrayDataset } from "./dataset.ts"
import { drawLine, drawStroke, GLYPH_SIZE } from "./glyph-raster.ts"
import { digitStrokes } from "./glyph-strokes.ts"

const CLASSES = 10
const PIXELS = GLYPH_SIZE * GLYPH_SIZE
const CENTRE = GLYPH_SIZE / 2

/** Where the law of each hand comes from; lengths are in pixels unless they are in the unit box of the strokes. */
const law = {
  /** half the height of a digit */
  size: 10.2,
  scale: [0.74, 1.04],
  /** width against height */
  aspect: [0.75, 1.2],
  /** radians, either way */
  rotation: 0.24,
  /** sideways shift for each unit of height, either way */
  shear: 0.22,
  /** either way, in each direction */
  shift: 2.5,
  /** standard deviation of each control point, in the unit box */
  jitter: 0.035,
  /** amplitude of the wave that bends the whole digit, in the unit box */
  bend: 0.1,
  /** half the thickness of the pen */
  radius: [0.85, 1.7],
  ink: [0.7, 1],
  paper: [0, 0.12],
  /** of each pixel's triangular noise, half its width */
  noise: [0.02, 0.12],
} as const

// Control points of the stroke at hand; drawing is synchronous, so that one scratch serves all.
const points = new Float64Array(64)

/** A map from the unit box to pixels: a bend, then an affine map. */
interface Hand {
  readonly xx: number
  readonly xy: number
  readonly yx: number
  readonly yy: number
  readonly x0: number
  readonly y0: number
  readonly bendX: number
  readonly bendY: number
  readonly waveX: number
  readonly waveY: number
  readonly phaseX: number
  readonly phaseY: number
}

function drawHand(random: Random): Hand {
  const angle = random.between(-law.rotation, law.rotation)
  const shear = random.between(-law.shear, law.shear)
  const height = law.size * random.between(law.scale[0], law.scale[1])
  const width = height * random.between(law.aspect[0], law.aspect[1])
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  // rotation · shear · scale
  return {
    xx: cos * width,
    xy: (cos * shear - sin) * height,
    yx: sin * width,
    yy: (sin * shear + cos) * height,
    x0: CENTRE + random.between(-law.shift, law.shift),
    y0: CENTRE + random.between(-law.shift, law.shift),
    bendX: random.between(-law.bend, law.bend),
    bendY: random.between(-law.bend, law.bend),
    waveX: random.between(1.5, 4),
    waveY: random.between(1.5, 4),
    phaseX: random.between(0, 2 * Math.PI),
    phaseY: random.between(0, 2 * Math.PI),
  }
}

function drawDigit(image: Float32Array, digit: number, random: Random): void {
  const variants = digitStrokes[digit]!
  const strokes = variants[random.integer(variants.length)]!
  const hand = drawHand(random)
  const radius = random.between(law.radius[0], law.radius[1])
  for (const stroke of strokes) {
    const count = stroke.length / 2
    const last = 2 * count - 2
    for (let i = 0; i <= last; i += 2) {
      const u = stroke[i]! + law.jitter * random.normal()
      const v = stroke[i + 1]! + law.jitter * random.normal()
      const x = u + hand.bendX * Math.sin(hand.waveX * v + hand.phaseX)
      const y = v + hand.bendY * Math.sin(hand.waveY * u + hand.phaseY)
      points[i] = hand.x0 + hand.xx * x + hand.xy * y
      points[i + 1] = hand.y0 + hand.yx * x + hand.yy * y
    }
    if (count > 2 && stroke[0] === stroke[last] && stroke[1] === stroke[last + 1]) {
      // The two ends of a closed stroke have been moved differently: close it again.
      points[last] = points[0]!
      points[last + 1] = points[1]!
    }
    drawStroke(image, points, count, radius, 1)
  }
}

/** Short lines and round specks that belong to no digit. */
function drawDistractors(image: Float32Array, random: Random): void {
  const lines = random.integer(3)
  for (let i = 0; i < lines; i++) {
    const x = random.between(0, GLYPH_SIZE)
    const y = random.between(0, GLYPH_SIZE)
    const angle = random.between(0, 2 * Math.PI)
    const length = random.between(2, 8)
    const strength = random.between(0.3, 0.8)
    drawLine(image, x, y, x + length * Math.cos(angle), y + length * Math.sin(angle), 0.6, strength)
  }
  const specks = random.integer(3)
  for (let i = 0; i < specks; i++) {
    const x = random.between(0, GLYPH_SIZE)
    const y = random.between(0, GLYPH_SIZE)
    drawLine(image, x, y, x, y, random.between(0.6, 1.8), random.between(0.3, 0.8))
  }
}

/** Sets the contrast and adds noise: pixel ← clamp(paper + (ink − paper)·pixel + noise, 0, 1). */
function develop(image: Float32Array, random: Random): void {
  const paper = random.between(law.paper[0], law.paper[1])
  const ink = random.between(law.ink[0], law.ink[1])
  const noise = random.between(law.noise[0], law.noise[1]) / 255
  for (let i = 0; i < PIXELS; i += 2) {
    // Four bytes of one word: two sums of two bytes, each with a triangular law around 255.
    const word = random.uint32()
    const first = (word & 0xff) + ((word >>> 8) & 0xff) - 255
    const second = ((word >>> 16) & 0xff) + (word >>> 24) - 255
    image[i] = Math.min(1, Math.max(0, paper + (ink - paper) * image[i]! + noise * first))
    image[i + 1] = Math.min(1, Math.max(0, paper + (ink - paper) * image[i + 1]! + noise * second))
  }
}

/** The digits of ten samples in a row are the ten digits in a random order, so that any set is balanced. */
function digitsOfBlock(root: Random, block: number): number[] {
  return root.fork(2 * block).shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
}

export interface GlyphOptions {
  /** how many samples */
  readonly n?: number
  /** any whole number */
  readonly seed?: number
  /** index of the first sample: sets of one seed whose ranges do not overlap share no sample */
  readonly start?: number
}

/**
 * Handwritten-looking digits, drawn at run time: 28×28 pixels from 0 (paper) to 1 (ink), ten classes.
 *
 * Sample i of seed s is a function of (s, i) alone, so the set has no end, and a part of it is the same whoever asks.
 * Each sample draws: one of several ways to write its digit, jitter of the control points, a bend, an affine map
 * (rotation, shear, scale, aspect, shift), the thickness of the pen, stray lines and specks, contrast, pixel noise.
 * Ten consecutive samples from a multiple of ten hold each digit once.
 *
 * The set is made to need more than a linear model. Measured with PyTorch on 2,000 held-out samples: multinomial
 * logistic regression 82 % after 8,000 training samples and 86 % after 60,000; two 5×5 convolutions of 16 and 32
 * channels 98.6 to 99.3 % after four epochs over 8,000. The pixels are the same wherever the engine rounds sin,
 * cos and log alike.
 *
 * @returns inputs [1, 28, 28] float32 in [0, 1]; targets: the digit, int32
 * @throws NABLA_INVALID_ARGUMENT when `n` or `start` is no whole number ≥ 0
 *
 * @example
 * const train = glyphs({ n: 8000, seed: 1 })
 * const test = glyphs({ n: 2000, seed: 1, start: 8000 })
 */
export function glyphs(options: GlyphOptions = {}): ArrayDataset {
  const { n = 10_000, seed = 0, start = 0 } = options
  checkCount(n, "n")
  checkCount(start, "start")
  const root = new Random(seed)
  const inputs = new Float32Array(n * PIXELS)
  const targets = new Int32Array(n)
  let block = -1
  let digits: number[] = []
  for (let i = 0; i < n; i++) {
    const index = start + i
    if (Math.floor(index / CLASSES) !== block) {
      block = Math.floor(index / CLASSES)
      digits = digitsOfBlock(root, block)
    }
    const image = inputs.subarray(i * PIXELS, (i + 1) * PIXELS)
    const digit = digits[index % CLASSES]!
    // even forks order the digits, odd ones draw them
    const random = root.fork(2 * index + 1)
    drawDigit(image, digit, random)
    drawDistractors(image, random)
    develop(image, random)
    targets[i] = digit
  }
  return arrayDataset({
    name: "glyphs",
    inputs,
    inputShape: [1, GLYPH_SIZE, GLYPH_SIZE],
    targets,
    targetShape: [],
    classes: CLASSES,
  })
}

function checkCount(value: number, name: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `glyphs: ${name} must be a whole number`,
    expected: "a whole number ≥ 0",
    got: String(value),
    where: "glyphs",
  })
}
