import { NablaError, Random } from "../base/index.ts"
import { checkCount } from "./check.ts"
import type { ArrayDataset } from "./dataset.ts"
import { arrayDataset } from "./dataset.ts"

export interface PointOptions {
  /** how many points; 500 for classification, 1200 for regression */
  readonly n?: number
  /**
   * 0 for none. For the sets of TensorFlow Playground it is the share ν from 0 to 0.5 that the page shows as 0 to 50;
   * for moons it is the standard deviation in both directions.
   */
  readonly noise?: number
  /** any whole number */
  readonly seed?: number
}

/** One point at a time: its coordinates and its target (a class, or a value). */
type Point = readonly [x: number, y: number, target: number]

/** Point i, from 0 to n-1, of a set of n. */
type Rule = (i: number, n: number, noise: number, random: Random) => Point

/**
 * k spiral arms of 1¾ turns. Point i of m in arm a: r = 5i/m, t = 1.75·2π·i/m + 2π·a/k, (r sin t, r cos t) + ν·U(−1, 1)².
 * The first arm is class 1 and the second one class 0, as with two arms in TensorFlow Playground.
 */
const spiralRule =
  (arms: number): Rule =>
  (i, n, noise, random) => {
    const arm = Math.floor((i * arms) / n)
    const [begin, end] = [Math.ceil((arm * n) / arms), Math.ceil(((arm + 1) * n) / arms)]
    const share = (i - begin) / (end - begin)
    const angle = 1.75 * 2 * Math.PI * share + (2 * Math.PI * arm) / arms
    const radius = 5 * share
    const x = radius * Math.sin(angle) + noise * random.between(-1, 1)
    const y = radius * Math.cos(angle) + noise * random.between(-1, 1)
    return [x, y, arm < 2 ? 1 - arm : arm]
  }

/**
 * A disc within a ring: half the points at r ~ U(0, 2.5), half at r ~ U(3.5, 5), angle ~ U(0, 2π). Class 1 when the
 * point shifted by ν·U(−5, 5)² is within 2.5; the point itself stays unshifted, so that noise flips labels.
 */
const circleRule: Rule = (i, n, noise, random) => {
  const radius = i < n / 2 ? random.between(0, 2.5) : random.between(3.5, 5)
  const angle = random.between(0, 2 * Math.PI)
  const x = radius * Math.sin(angle)
  const y = radius * Math.cos(angle)
  const shiftedX = x + noise * random.between(-5, 5)
  const shiftedY = y + noise * random.between(-5, 5)
  return [x, y, Math.hypot(shiftedX, shiftedY) < 2.5 ? 1 : 0]
}

/** U(−5, 5)² pushed 0.3 away from the axes. Class 1 when x·y ≥ 0 for the point shifted by ν·U(−5, 5)². */
const xorRule: Rule = (_i, _n, noise, random) => {
  const x = pushFromZero(random.between(-5, 5))
  const y = pushFromZero(random.between(-5, 5))
  const shiftedX = x + noise * random.between(-5, 5)
  const shiftedY = y + noise * random.between(-5, 5)
  return [x, y, shiftedX * shiftedY >= 0 ? 1 : 0]
}

function pushFromZero(value: number): number {
  return value + (value > 0 ? 0.3 : -0.3)
}

/** Two normal clouds: class 1 around (2, 2), class 0 around (−2, −2), variance 0.5 + 7ν (0.5 to 4). */
const gaussRule: Rule = (i, n, noise, random) => {
  const one = i < n / 2
  const centre = one ? 2 : -2
  const deviation = Math.sqrt(0.5 + 7 * noise)
  return [centre + deviation * random.normal(), centre + deviation * random.normal(), one ? 1 : 0]
}

/** k normal clouds of variance 0.5 + 7ν, whose centres lie evenly on a circle of radius 4, the first at (4, 0). */
const blobsRule =
  (classes: number): Rule =>
  (i, n, noise, random) => {
    const label = Math.floor((i * classes) / n)
    const angle = (2 * Math.PI * label) / classes
    const deviation = Math.sqrt(0.5 + 7 * noise)
    const x = 4 * Math.cos(angle) + deviation * random.normal()
    const y = 4 * Math.sin(angle) + deviation * random.normal()
    return [x, y, label]
  }

/** U(−5, 5)² in squares of one class each, neighbours of different ones, for the point shifted by ν·U(−5, 5)². */
const checkerboardRule =
  (squares: number): Rule =>
  (_i, _n, noise, random) => {
    const place = (): [at: number, square: number] => {
      const at = random.between(-5, 5)
      return [at, Math.floor(((at + noise * random.between(-5, 5) + 5) / 10) * squares)]
    }
    const [[x, column], [y, row]] = [place(), place()]
    return [x, y, Math.abs(column + row) % 2]
  }

/**
 * Two half circles that interleave, as scikit-learn's make_moons: with t evenly from 0 to π, class 0 is
 * (cos t, sin t), class 1 is (1 − cos t, ½ − sin t), both plus noise·N(0, 1)².
 */
const moonsRule: Rule = (i, n, noise, random) => {
  const outer = Math.floor(n / 2)
  const one = i >= outer
  const steps = (one ? n - outer : outer) - 1
  const angle = steps > 0 ? (Math.PI * (one ? i - outer : i)) / steps : 0
  const x = one ? 1 - Math.cos(angle) : Math.cos(angle)
  const y = one ? 0.5 - Math.sin(angle) : Math.sin(angle)
  return [x + noise * random.normal(), y + noise * random.normal(), one ? 1 : 0]
}

/** U(−6, 6)² with the value (x + y)/10 of the point shifted by ν·U(−6, 6)². */
const planeRule: Rule = (_i, _n, noise, random) => {
  const x = random.between(-6, 6)
  const y = random.between(-6, 6)
  const shiftedX = x + noise * random.between(-6, 6)
  const shiftedY = y + noise * random.between(-6, 6)
  return [x, y, (shiftedX + shiftedY) / 10]
}

const cones: readonly Point[] = [
  [-4, 2.5, 1],
  [0, 2.5, -1],
  [4, 2.5, 1],
  [-4, -2.5, -1],
  [0, -2.5, 1],
  [4, -2.5, -1],
]

/** U(−6, 6)² with the value of the highest of six cones ±max(0, 1 − d/2) at the point shifted by ν·U(−6, 6)². */
const conesRule: Rule = (_i, _n, noise, random) => {
  const x = random.between(-6, 6)
  const y = random.between(-6, 6)
  const shiftedX = x + noise * random.between(-6, 6)
  const shiftedY = y + noise * random.between(-6, 6)
  let value = 0
  for (const [coneX, coneY, sign] of cones) {
    const height = Math.max(0, 1 - Math.hypot(shiftedX - coneX, shiftedY - coneY) / 2)
    if (height > Math.abs(value)) value = sign * height
  }
  return [x, y, value]
}

function generate(name: string, rule: Rule, classes: number, options: PointOptions): ArrayDataset {
  const { n = classes > 0 ? 500 : 1200, noise = 0, seed = 0 } = options
  if (!Number.isSafeInteger(n) || n < 1) throw invalid(name, "n", "a whole number ≥ 1", n)
  if (!Number.isFinite(noise) || noise < 0) throw invalid(name, "noise", "a number ≥ 0", noise)
  const random = new Random(seed)
  const points = Array.from({ length: n }, (_, i) => rule(i, n, noise, random))
  random.shuffle(points)
  const inputs = new Float32Array(2 * n)
  const targets = classes > 0 ? new Int32Array(n) : new Float32Array(n)
  points.forEach(([x, y, target], i) => {
    inputs[2 * i] = x
    inputs[2 * i + 1] = y
    targets[i] = target
  })
  const shapes = { inputShape: [2], targetShape: classes > 0 ? [] : [1] }
  return arrayDataset({ name, inputs, targets, ...shapes, ...(classes > 0 ? { classes } : {}) })
}

function invalid(name: string, option: string, expected: string, got: number): NablaError {
  const message = `the option ${option} is no such number`
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, expected, got: String(got), where: name })
}

/**
 * Spiral arms, a class each: hard without a non-linearity. Points in [−5, 5]² with ν = 0.
 *
 * All sets of points: inputs [2] float32, order shuffled by the seed; class targets [] int32, values [1] float32.
 *
 * @param options arms 2; n, noise, seed
 * @throws NABLA_INVALID_ARGUMENT when `n` is no whole number ≥ 1, `noise` is below 0 or `arms` no whole number ≥ 2
 */
export function spiral({
  arms = 2,
  ...options
}: PointOptions & { readonly arms?: number } = {}): ArrayDataset {
  checkCount("spiral", "arms", arms, 2)
  return generate("spiral", spiralRule(arms), arms, options)
}

/**
 * Normal clouds around the corners of a regular polygon, a class each. Other options and errors as in {@link spiral}.
 *
 * @param options classes 3; n, noise, seed
 */
export function blobs({
  classes = 3,
  ...options
}: PointOptions & { readonly classes?: number } = {}): ArrayDataset {
  checkCount("blobs", "classes", classes, 2)
  return generate("blobs", blobsRule(classes), classes, options)
}

/**
 * A checkerboard of two classes, in [−5, 5]². Other options and errors as in {@link spiral}.
 *
 * @param options squares 4 along each side; n, noise, seed
 */
export function checkerboard({
  squares = 4,
  ...options
}: PointOptions & { readonly squares?: number } = {}): ArrayDataset {
  checkCount("checkerboard", "squares", squares, 2)
  return generate("checkerboard", checkerboardRule(squares), 2, options)
}

/** A disc (class 1) within a ring (class 0), in [−5, 5]². Options and errors as in {@link spiral}. */
export function circle(options: PointOptions = {}): ArrayDataset {
  return generate("circle", circleRule, 2, options)
}

/** Opposite quadrants share a class (1 where x·y ≥ 0), in [−5.3, 5.3]². Options and errors as in {@link spiral}. */
export function xor(options: PointOptions = {}): ArrayDataset {
  return generate("xor", xorRule, 2, options)
}

/** Two normal clouds, separable by a line. Options and errors as in {@link spiral}. */
export function gauss(options: PointOptions = {}): ArrayDataset {
  return generate("gauss", gaussRule, 2, options)
}

/** Two interleaving half circles, in [−1, 2]×[−0.5, 1]. Options and errors as in {@link spiral}. */
export function moons(options: PointOptions = {}): ArrayDataset {
  return generate("moons", moonsRule, 2, options)
}

/** Regression: a tilted plane over [−6, 6]². Options and errors as in {@link spiral}. */
export function regPlane(options: PointOptions = {}): ArrayDataset {
  return generate("reg-plane", planeRule, 0, options)
}

/** Regression: six cones of alternating sign over [−6, 6]². Options and errors as in {@link spiral}. */
export function regGauss(options: PointOptions = {}): ArrayDataset {
  return generate("reg-gauss", conesRule, 0, options)
}

/** The sets of points by the names that commands and pages use. */
export const pointDatasets: Readonly<Record<string, (options?: PointOptions) => ArrayDataset>> = {
  spiral,
  circle,
  xor,
  gauss,
  moons,
  blobs,
  checkerboard,
  "reg-plane": regPlane,
  "reg-gauss": regGauss,
}
