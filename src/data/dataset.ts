import type { Shape } from "../base/index.ts"
import { formatShape, NablaError, numel, Random } from "../base/index.ts"

/** What is known of a data set, wherever its inputs lie. */
export interface SampleSet {
  readonly name: string
  /** number of samples */
  readonly length: number
  /** shape of one input, without the batch dimension */
  readonly inputShape: Shape
  readonly targets: Int32Array | Float32Array
  /** shape of one target, without the batch dimension */
  readonly targetShape: Shape
  /** how many classes the targets are from; absent for regression */
  readonly classes?: number
}

/**
 * A data set that lies in memory as two flat arrays, sample after sample.
 *
 * Sample i has its input at `inputs[i·numel(inputShape) …]` and its target at `targets[i·numel(targetShape) …]`.
 * A classification target is a class index, 0 to classes-1, in an Int32Array with `targetShape` `[]`.
 */
export interface ArrayDataset extends SampleSet {
  readonly inputs: Float32Array
}

/** A data set whose inputs lie elsewhere, such as in a file, and are read when they are needed. */
export interface StoredDataset extends SampleSet {
  /** The inputs of samples one after the other, in an array of their own. */
  readInputs(indices: ArrayLike<number>): Float32Array
}

export type AnyDataset = ArrayDataset | StoredDataset

/**
 * Makes a data set of two arrays; the number of samples follows from their sizes.
 *
 * @throws NABLA_DATA_MISMATCH when an array holds no whole number of samples, or the two hold different numbers
 * @throws NABLA_LABEL_RANGE when a class index is not from 0 to classes-1; it names the first such sample
 */
export function arrayDataset(parts: Omit<ArrayDataset, "length">): ArrayDataset {
  const { name, inputs, inputShape, targets, targetShape, classes } = parts
  const length = countSamples(name, "inputs", inputs.length, inputShape)
  const targetCount = countSamples(name, "targets", targets.length, targetShape)
  if (length !== targetCount) {
    throw new NablaError("NABLA_DATA_MISMATCH", {
      message: "inputs and targets are not of the same number",
      expected: `${length} targets, one for each input`,
      got: `${targetCount} targets`,
      where: name,
    })
  }
  if (classes !== undefined) checkLabels(name, targets, classes)
  return { ...parts, length }
}

function countSamples(name: string, what: string, elements: number, shape: Shape): number {
  const size = numel(shape)
  if (size > 0 && elements % size === 0) return elements / size
  throw new NablaError("NABLA_DATA_MISMATCH", {
    message: `the ${what} are no whole number of samples`,
    expected: `a multiple of ${size} values for samples of shape ${formatShape(shape)}`,
    got: `${elements} values`,
    where: name,
  })
}

/** Throws NABLA_LABEL_RANGE for the first label that is no class; `where` names the data. */
export function checkLabels(where: string, labels: Int32Array | Float32Array, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    if (Number.isInteger(label) && label >= 0 && label < classes) continue
    throw new NablaError("NABLA_LABEL_RANGE", {
      message: `the label of sample ${i} is out of range`,
      expected: `a class from 0 to ${classes - 1}`,
      got: String(label),
      where,
    })
  }
}

/** The samples at `indices`, in that order, gathered into fresh arrays. */
export interface ArrayBatch {
  /** number of samples */
  readonly length: number
  readonly inputs: Float32Array
  readonly targets: Int32Array | Float32Array
}

/**
 * Copies the samples at `indices` into arrays of their own.
 *
 * @throws NABLA_INDEX_OUT_OF_RANGE for an index that is not from 0 to length-1
 */
export function gather(dataset: AnyDataset, indices: ArrayLike<number>): ArrayBatch {
  const size = numel(dataset.targetShape)
  const Targets = dataset.targets instanceof Int32Array ? Int32Array : Float32Array
  const targets = new Targets(indices.length * size)
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!
    if (!Number.isInteger(index) || index < 0 || index >= dataset.length) {
      throw new NablaError("NABLA_INDEX_OUT_OF_RANGE", {
        message: "no such sample",
        expected: `an index from 0 to ${dataset.length - 1}`,
        got: String(index),
        where: dataset.name,
      })
    }
    targets.set(dataset.targets.subarray(index * size, (index + 1) * size), i * size)
  }
  return { length: indices.length, inputs: inputsAt(dataset, indices), targets }
}

function inputsAt(dataset: AnyDataset, indices: ArrayLike<number>): Float32Array {
  if ("readInputs" in dataset) return dataset.readInputs(indices)
  const size = numel(dataset.inputShape)
  const inputs = new Float32Array(indices.length * size)
  for (let i = 0; i < indices.length; i++)
    inputs.set(dataset.inputs.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size)
  return inputs
}

/** A data set of its own with the samples at `indices`, in that order; an index may come more than once. */
export function subset(dataset: ArrayDataset, indices: ArrayLike<number>): ArrayDataset {
  return { ...dataset, ...gather(dataset, indices) }
}

/**
 * Cuts a data set into parts without overlap, for instance into training and test data.
 *
 * @param fractions share of each part, above 0 and together at most 1; part k ends at sample round(n·(f₀ + … + fₖ))
 * @param seed shuffles the samples before the cut; without it they are cut as they lie
 * @throws NABLA_INVALID_ARGUMENT for other fractions
 * @throws NABLA_EMPTY_DATA when a part would hold no sample
 *
 * @example const [train, test] = split(dataset, [0.8, 0.2], 42)
 */
export function split(dataset: ArrayDataset, fractions: readonly number[], seed?: number): ArrayDataset[] {
  const total = fractions.reduce((sum, fraction) => sum + fraction, 0)
  if (!fractions.every((fraction) => fraction > 0) || !(total <= 1 + 1e-9)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "split: these fractions do not cut a whole",
      expected: "fractions above 0 whose sum is at most 1",
      got: formatShape(fractions),
      where: dataset.name,
    })
  }
  const order = Int32Array.from({ length: dataset.length }, (_, i) => i)
  if (seed !== undefined) new Random(seed).shuffle(order)
  let begin = 0
  let sum = 0
  return fractions.map((fraction) => {
    sum += fraction
    const end = Math.min(dataset.length, Math.round(dataset.length * sum))
    if (end <= begin) {
      throw new NablaError("NABLA_EMPTY_DATA", {
        message: "split: a part would hold no sample",
        expected: "at least one sample in each part",
        got: `a fraction of ${fraction} of ${dataset.length} samples`,
        where: dataset.name,
      })
    }
    const part = subset(dataset, order.subarray(begin, end))
    begin = end
    return part
  })
}
