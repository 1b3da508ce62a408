/** A labelled point: −1 or 1, the number of a class, or any number for a regression. */
export interface LabelledPoint {
  readonly x: number
  readonly y: number
  readonly label: number
}

type Random = () => number
type Rule = (count: number, noise: number, random: Random) => LabelledPoint[]

const between = (random: Random, a: number, b: number): number => random() * (b - a) + a

function normal(random: Random, mean: number, variance: number): number {
  for (;;) {
    const [u, v] = [2 * random() - 1, 2 * random() - 1]
    const s = u * u + v * v
    if (s <= 1) return mean + Math.sqrt(variance) * Math.sqrt((-2 * Math.log(s)) / s) * u
  }
}

/** The label is that of the point pushed by the noise; it is drawn where it was, so that noise flips labels. */
function circle(count: number, noise: number, random: Random): LabelledPoint[] {
  const ring = (inner: number, outer: number): LabelledPoint[] =>
    Array.from({ length: count / 2 }, () => {
      const r = between(random, inner, outer)
      const angle = between(random, 0, 2 * Math.PI)
      const [x, y] = [r * Math.sin(angle), r * Math.cos(angle)]
      const [dx, dy] = [between(random, -5, 5) * noise, between(random, -5, 5) * noise]
      return { x, y, label: Math.sqrt((x + dx) ** 2 + (y + dy) ** 2) < 2.5 ? 1 : -1 }
    })
  return [...ring(0, 2.5), ...ring(3.5, 5)]
}

function xor(count: number, noise: number, random: Random): LabelledPoint[] {
  const coordinate = (): number => {
    const x = between(random, -5, 5)
    return x + (x > 0 ? 0.3 : -0.3)
  }
  return Array.from({ length: count }, () => {
    const [x, y] = [coordinate(), coordinate()]
    const [dx, dy] = [between(random, -5, 5) * noise, between(random, -5, 5) * noise]
    return { x, y, label: (x + dx) * (y + dy) >= 0 ? 1 : -1 }
  })
}

function gauss(count: number, noise: number, random: Random): LabelledPoint[] {
  const variance = 0.5 + 7 * noise
  const cloud = (centre: number, label: number): LabelledPoint[] =>
    Array.from({ length: count / 2 }, () => {
      const x = normal(random, centre, variance)
      return { x, y: normal(random, centre, variance), label }
    })
  return [...cloud(2, 1), ...cloud(-2, -1)]
}

function spiral(count: number, noise: number, random: Random): LabelledPoint[] {
  const n = count / 2
  const arm = (shift: number, label: number): LabelledPoint[] =>
    Array.from({ length: n }, (_, i) => {
      const r = (i / n) * 5
      const t = ((1.75 * i) / n) * 2 * Math.PI + shift
      const x = r * Math.sin(t) + between(random, -1, 1) * noise
      return { x, y: r * Math.cos(t) + between(random, -1, 1) * noise, label }
    })
  return [...arm(0, 1), ...arm(Math.PI, -1)]
}

/** Points of a square, labelled by a function of the point pushed by the noise. */
function sampled(label: (x: number, y: number) => number): Rule {
  return (count, noise, random) =>
    Array.from({ length: count }, () => {
      const [x, y] = [between(random, -6, 6), between(random, -6, 6)]
      const [dx, dy] = [between(random, -6, 6) * noise, between(random, -6, 6) * noise]
      return { x, y, label: label(x + dx, y + dy) }
    })
}

const cones = [
  [-4, 2.5, 1],
  [0, 2.5, -1],
  [4, 2.5, 1],
  [-4, -2.5, -1],
  [0, -2.5, 1],
  [4, -2.5, -1],
] as const

/** Of six signed cones the one that is largest in size. */
function coneHeight(x: number, y: number): number {
  let largest = 0
  for (const [cx, cy, sign] of cones) {
    const height = sign * Math.max(0, Math.min(1, 1 - Math.sqrt((x - cx) ** 2 + (y - cy) ** 2) / 2))
    if (Math.abs(height) > Math.abs(largest)) largest = height
  }
  return largest
}

/** Arms of a spiral, one for each class. */
function arms(count: number, noise: number, random: Random, classes: number): LabelledPoint[] {
  const n = Math.floor(count / classes)
  return Array.from({ length: n * classes }, (_, k) => {
    const [i, label] = [k % n, Math.floor(k / n)]
    const r = ((i + 0.5) / n) * 5
    const t = (i / n) * 1.25 * Math.PI + (2 * Math.PI * label) / classes
    return {
      x: r * Math.sin(t) + between(random, -1, 1) * noise,
      y: r * Math.cos(t) + between(random, -1, 1) * noise,
      label,
    }
  })
}

export const dataSets = {
  circle,
  xor,
  gauss,
  spiral,
  "reg-plane": sampled((x, y) => (x + y) / 10),
  "reg-gauss": sampled(coneHeight),
} satisfies Record<string, Rule>

export type DataSetName = keyof typeof dataSets

export const isRegression = (name: string): boolean => name.startsWith("reg-")

export interface DataRequest {
  readonly name: DataSetName | "arms"
  /** From 0 to 50. */
  readonly noise: number
  readonly random: Random
  readonly classes?: number
  readonly count?: number
}

/** A data set by its rule, shuffled once. */
export function makeData({ name, noise, random, classes = 3, count }: DataRequest): LabelledPoint[] {
  const size = count ?? (isRegression(name) ? 1200 : 500)
  const points =
    name === "arms" ? arms(size, noise / 100, random, classes) : dataSets[name](size, noise / 100, random)
  return shuffled(points, random)
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const out = [...items]
  for (let left = out.length; left > 0; ) {
    const index = Math.floor(random() * left)
    left--
    const item = out[left]!
    out[left] = out[index]!
    out[index] = item
  }
  return out
}

/** The first points train, the others test. */
export function split<T>(items: readonly T[], percent: number): readonly [train: T[], test: T[]] {
  const at = Math.floor((items.length * percent) / 100)
  return [items.slice(0, at), items.slice(at)]
}
