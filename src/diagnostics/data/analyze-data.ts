import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { tensor } from "../../tensor/index.ts"
import type { Conditioning } from "./conditioning.ts"
import { conditioning } from "./conditioning.ts"

export interface FeatureAnalysis {
  readonly mean: number
  readonly std: number
  readonly min: number
  readonly max: number
  readonly nonFinite: number
  /** Values farther than 6 robust deviations (1.4826·median |x − median|) from the median. */
  readonly outliers: number
}

/** Two features of which one is a straight line of the other. */
export interface FeaturePair {
  readonly features: readonly [number, number]
  readonly correlation: number
}

/** How much a feature differs between two sets. */
export interface FeatureShift {
  readonly feature: number
  /** (mean of the other set − mean)/std */
  readonly standardisedMean: number
  readonly scaleRatio: number
  /** Largest difference of the two distribution functions (Kolmogorov–Smirnov), 0 … 1. */
  readonly ks: number
}

export interface LabelAnalysis {
  readonly counts: Readonly<Record<string, number>>
  /** Largest count over smallest count; 1 is balanced. */
  readonly imbalance: number
  /** Accuracy of always naming the most frequent label. */
  readonly majority: number
}

export interface DataAnalysis {
  readonly examples: number
  /** Features of the examples; of more than `maxFeatures` every k-th is looked at. */
  readonly features: readonly FeatureAnalysis[]
  /** Numbers of the features that are looked at, in the flattened example. */
  readonly indices: readonly number[]
  readonly constant: readonly number[]
  /** Pairs with |correlation| > 0.9999999: one of them says nothing new. */
  readonly duplicates: readonly FeaturePair[]
  /** The most correlated pairs, at most 10. */
  readonly correlated: readonly FeaturePair[]
  /** Condition numbers as the data are, and after standardising and whitening; without constant features. */
  readonly condition: Conditioning
  /** √(Σ mean²/Σ std²): how far from centred. */
  readonly offset: number
  /** Largest deviation of a feature over the smallest one. */
  readonly scaleRatio: number
  /** Examples that stand in the set more than once (copies beyond the first). */
  readonly duplicateExamples: number
  readonly labels: LabelAnalysis | null
  /** Against the other set, if one was given. */
  readonly shift: { readonly features: readonly FeatureShift[]; readonly leaked: number } | null
}

export interface DataOptions {
  /** Class indices (int32), or a column of targets, which has no balance. */
  readonly labels?: Tensor
  /** Other inputs of the same shape: held-out data. */
  readonly test?: Tensor
  /** Features that are looked at, at most; the covariance has this number squared. Default: 256. */
  readonly maxFeatures?: number
}

const OUTLIER = 6
const DUPLICATE = 0.9999999

/**
 * What there is to know of a data set before training on it: centre and scale of each feature, correlations, the condition
 * number and what standardising and whitening would make of it (LeCun et al. 1998, "Efficient BackProp"), constant and
 * duplicate features, outliers, balance of the labels, shift against held-out data and examples that are in both.
 *
 * @param x [examples, …], at least 2 examples
 * @param options labels; test; maxFeatures 256
 * @throws NABLA_INVALID_ARGUMENT for fewer than 2 examples; NABLA_SHAPE_MISMATCH when `test` has other features
 *
 * @example
 * const { condition } = await analyzeData(x)
 * condition.raw / condition.standardised // how many times faster gradient descent gets
 */
export async function analyzeData(
  x: Tensor,
  { labels, test, maxFeatures = 256 }: DataOptions = {},
): Promise<DataAnalysis> {
  const examples = x.shape[0] ?? 0
  if (examples < 2) throw invalid("at least 2 examples", String(examples))
  const width = x.numel() / examples
  if (test !== undefined && test.numel() / test.shape[0]! !== width)
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the two sets have different features",
      where: "analyzeData",
      expected: `${width} features`,
      got: String(test.numel() / test.shape[0]!),
    })
  const stride = Math.ceil(width / maxFeatures)
  const indices = Array.from({ length: Math.ceil(width / stride) }, (_, i) => i * stride)
  const values = await x.data()
  const columns = indices.map((f) =>
    Float64Array.from({ length: examples }, (_, i) => values[i * width + f]!),
  )
  const features = columns.map(describe)
  const varying = indices.flatMap((_, f) => (features[f]!.std > 0 && features[f]!.nonFinite === 0 ? [f] : []))
  const pairs = correlations(columns, features, varying, indices)
  const stds = varying.map((f) => features[f]!.std)
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
  const keys = rowKeys(values, width)
  return {
    ...{ examples, features, indices },
    constant: indices.filter((_, f) => features[f]!.std === 0),
    duplicates: pairs.filter(({ correlation }) => Math.abs(correlation) > DUPLICATE),
    correlated: pairs.slice(0, 10),
    condition: await conditioning(
      matrixOf(
        varying.map((f) => columns[f]!),
        examples,
      ),
    ),
    offset: Math.sqrt(sum(varying.map((f) => features[f]!.mean ** 2)) / sum(stds.map((std) => std ** 2))),
    scaleRatio: stds.length === 0 ? NaN : Math.max(...stds) / Math.min(...stds),
    duplicateExamples: keys.length - new Set(keys).size,
    labels: labels === undefined || labels.dtype !== "int32" ? null : balance(await labels.data()),
    shift:
      test === undefined
        ? null
        : shiftOf(columns, features, indices, await test.data(), width, new Set(keys)),
  }
}

function matrixOf(columns: readonly Float64Array[], examples: number): Tensor {
  const data = new Float64Array(columns.length * examples)
  columns.forEach((column, f) => {
    for (let i = 0; i < examples; i++) data[i * columns.length + f] = column[i]!
  })
  return tensor(data, { shape: [examples, columns.length], dtype: "float64" })
}

function describe(column: Float64Array): FeatureAnalysis {
  const finite = column.filter(Number.isFinite)
  const n = finite.length
  const sorted = finite.toSorted()
  if (n === 0) return { mean: NaN, std: NaN, min: NaN, max: NaN, nonFinite: column.length, outliers: 0 }
  const mean = finite.reduce((a, b) => a + b, 0) / n
  const [min, max] = [sorted[0]!, sorted[n - 1]!]
  // A constant has no deviation, whatever rounding makes of its mean.
  const std = min === max ? 0 : Math.sqrt(finite.reduce((a, b) => a + (b - mean) ** 2, 0) / n)
  const median = sorted[n >> 1]!
  const robust = 1.4826 * finite.map((v) => Math.abs(v - median)).toSorted()[n >> 1]!
  const outliers = robust > 0 ? finite.filter((v) => Math.abs(v - median) > OUTLIER * robust).length : 0
  return { mean, std, min, max, nonFinite: column.length - n, outliers }
}

/** All pairs of features that vary, the most correlated first. */
function correlations(
  columns: readonly Float64Array[],
  features: readonly FeatureAnalysis[],
  varying: readonly number[],
  indices: readonly number[],
): FeaturePair[] {
  const scaled = varying.map((f) => columns[f]!.map((v) => (v - features[f]!.mean) / features[f]!.std))
  const pairs: FeaturePair[] = []
  for (let a = 0; a < scaled.length; a++)
    for (let b = a + 1; b < scaled.length; b++) {
      const correlation = scaled[a]!.reduce((sum, v, i) => sum + v * scaled[b]![i]!, 0) / scaled[a]!.length
      pairs.push({ features: [indices[varying[a]!]!, indices[varying[b]!]!], correlation })
    }
  return pairs.sort((p, q) => Math.abs(q.correlation) - Math.abs(p.correlation))
}

function balance(values: ArrayLike<number>): LabelAnalysis {
  const counts: Record<string, number> = {}
  for (const label of Array.from(values)) counts[label] = (counts[label] ?? 0) + 1
  const sizes = Object.values(counts)
  const [most, least] = [Math.max(...sizes), Math.min(...sizes)]
  return { counts, imbalance: most / least, majority: most / values.length }
}

function rowKeys(values: ArrayLike<number>, width: number): string[] {
  const list = Array.from(values)
  return Array.from({ length: list.length / width }, (_, i) => list.slice(i * width, (i + 1) * width).join())
}

function shiftOf(
  columns: readonly Float64Array[],
  features: readonly FeatureAnalysis[],
  indices: readonly number[],
  other: ArrayLike<number>,
  width: number,
  known: ReadonlySet<string>,
): NonNullable<DataAnalysis["shift"]> {
  const rows = other.length / width
  const shifts = indices.map((feature, f): FeatureShift => {
    const column = Float64Array.from({ length: rows }, (_, i) => other[i * width + feature]!)
    const there = describe(column)
    const { mean, std } = features[f]!
    return {
      feature,
      standardisedMean: there.mean === mean ? 0 : (there.mean - mean) / std,
      scaleRatio: there.std === std ? 1 : there.std / std,
      ks: kolmogorovSmirnov(columns[f]!.toSorted(), column.toSorted()),
    }
  })
  const leaked = rowKeys(other, width).filter((key) => known.has(key)).length
  return { features: shifts.sort((a, b) => b.ks - a.ks), leaked }
}

/** The largest distance between the distribution functions of two sorted samples. */
function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  let [i, j, largest] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    const at = Math.min(a[i]!, b[j]!)
    while (i < a.length && a[i]! <= at) i++
    while (j < b.length && b[j]! <= at) j++
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length))
  }
  return largest
}

function invalid(expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is too little to analyse",
    where: "analyzeData",
    expected,
    got,
  })
}
