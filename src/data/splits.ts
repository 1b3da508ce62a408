import { formatShape, NablaError, numel, Random } from "../base/index.ts"
import { checkCount, checkNames } from "./check.ts"
import type { ArrayDataset } from "./dataset.ts"
import { subset } from "./dataset.ts"
import { groupsOf } from "./samplers.ts"

/** What is trained on, and what is held out. */
export interface Fold {
  readonly train: ArrayDataset
  readonly test: ArrayDataset
}

export interface KFoldOptions {
  /** Number of folds. Default: 5. */
  readonly k?: number
  /** Shuffles the samples before; without it they are taken as they lie. */
  readonly seed?: number
  /** Gives each fold the classes in the shares of the whole; pass the labels, or `dataset.targets`. */
  readonly stratify?: ArrayLike<number>
  /** Keeps samples of one group (a person, a day, a document) together: the group of each sample. */
  readonly groups?: ArrayLike<number | string>
}

/**
 * k pairs of training and test data, in which each sample is held out once; of n samples a fold holds out ⌊n/k⌋ or ⌈n/k⌉.
 *
 * Samples are dealt out in turn. With `stratify` each class is dealt out evenly; with `groups` the largest groups are dealt first, each to the smallest
 * fold, so that folds are about equally large.
 *
 * @throws NABLA_INVALID_ARGUMENT for options that are none, or both `stratify` and `groups`
 * @throws NABLA_DATA_MISMATCH unless there is one label or group for each sample
 * @throws NABLA_EMPTY_DATA when there are fewer samples, or groups, than folds
 *
 * @example for (const { train, test } of kFold(dataset, { k: 5, seed: 1, stratify: dataset.targets })) console.log(train.length)
 */
export function kFold(dataset: ArrayDataset, options: KFoldOptions = {}): Fold[] {
  checkNames("kFold", options, ["k", "seed", "stratify", "groups"])
  const { k = 5, seed, stratify, groups } = options
  checkCount("kFold", "k", k, 2)
  const labels = partition("kFold", dataset, stratify, groups)
  const folds = deal(
    labels,
    Array.from({ length: k }, () => 1 / k),
    groups !== undefined,
    seed,
  )
  checkFilled("kFold", dataset, folds)
  return folds.map((held) => {
    const test = new Set(held)
    const rest = Array.from({ length: dataset.length }, (_, i) => i).filter((i) => !test.has(i))
    return { train: subset(dataset, rest), test: subset(dataset, held) }
  })
}

/**
 * Cuts a data set into parts that have the classes in the shares of the whole.
 *
 * @param fractions share of each part, above 0 and together 1
 * @throws as {@link kFold}
 *
 * @example const [train, test] = splitStratified(dataset, [0.8, 0.2], { seed: 1 })
 */
export function splitStratified(
  dataset: ArrayDataset,
  fractions: readonly number[],
  options: { readonly seed?: number; readonly labels?: ArrayLike<number> } = {},
): ArrayDataset[] {
  checkNames("splitStratified", options, ["seed", "labels"])
  const labels = partition("splitStratified", dataset, options.labels ?? dataset.targets, undefined)
  return parts("splitStratified", dataset, fractions, labels, false, options.seed)
}

/**
 * Cuts a data set into parts that share no group: nothing that is known of a person in training is in the test.
 *
 * Parts come as near to their shares as whole groups allow.
 *
 * @param groups the group of each sample
 * @throws as {@link kFold}
 *
 * @example const [train, test] = splitByGroup(dataset, [0.8, 0.2], persons, { seed: 1 })
 */
export function splitByGroup(
  dataset: ArrayDataset,
  fractions: readonly number[],
  groups: ArrayLike<number | string>,
  options: { readonly seed?: number } = {},
): ArrayDataset[] {
  checkNames("splitByGroup", options, ["seed"])
  const sets = partition("splitByGroup", dataset, undefined, groups)
  return parts("splitByGroup", dataset, fractions, sets, true, options.seed)
}

function parts(
  where: string,
  dataset: ArrayDataset,
  fractions: readonly number[],
  sets: readonly Int32Array[],
  whole: boolean,
  seed: number | undefined,
): ArrayDataset[] {
  const total = fractions.reduce((sum, fraction) => sum + fraction, 0)
  if (!fractions.every((fraction) => fraction > 0) || !(Math.abs(total - 1) < 1e-9)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "these fractions do not cut a whole",
      expected: "fractions above 0 whose sum is 1",
      got: formatShape(fractions),
      where,
    })
  }
  const dealt = deal(sets, fractions, whole, seed)
  checkFilled(where, dataset, dealt)
  return dealt.map((places) => subset(dataset, places))
}

/** The samples as sets: classes to be dealt out evenly, groups to be kept together, or all in one. */
function partition(
  where: string,
  dataset: ArrayDataset,
  labels: ArrayLike<number> | undefined,
  groups: ArrayLike<number | string> | undefined,
): Int32Array[] {
  if (labels !== undefined && groups !== undefined) {
    const message = "parts cannot be both stratified and by group"
    throw new NablaError("NABLA_INVALID_ARGUMENT", { message, where })
  }
  const given = labels ?? groups
  if (given === undefined) return [Int32Array.from({ length: dataset.length }, (_, i) => i)]
  if (given.length === dataset.length) return groupsOf(given, where)
  throw new NablaError("NABLA_DATA_MISMATCH", {
    message: "there is not one label or group for each sample",
    expected: `${dataset.length}`,
    got: `${given.length}`,
    where,
  })
}

/**
 * Deals samples out to parts, each time to the part that is furthest below its share; sets one after the other, sample
 * by sample or as a whole. Samples of a part are in ascending order, unless they were shuffled.
 */
function deal(
  sets: readonly Int32Array[],
  shares: readonly number[],
  whole: boolean,
  seed: number | undefined,
): number[][] {
  const random = seed === undefined ? null : new Random(seed)
  const out: number[][] = shares.map(() => [])
  const total = sets.reduce((sum, { length }) => sum + length, 0)
  const neediest = (dealt: number): number[] => {
    const needs = shares.map((share, i) => share * dealt - out[i]!.length)
    return out[needs.indexOf(Math.max(...needs))]!
  }
  const shuffled = sets.map((set) => (random === null ? set : random.shuffle(set.slice())))
  if (whole) {
    if (random !== null) random.shuffle(shuffled)
    shuffled.sort((a, b) => b.length - a.length)
    for (const set of shuffled) neediest(total).push(...set)
  } else {
    let dealt = 0
    for (const set of shuffled) for (const sample of set) neediest(++dealt).push(sample)
  }
  if (random === null) for (const part of out) part.sort((a, b) => a - b)
  return out
}

function checkFilled(where: string, dataset: ArrayDataset, dealt: readonly (readonly number[])[]): void {
  if (dealt.every(({ length }) => length > 0)) return
  throw new NablaError("NABLA_EMPTY_DATA", {
    message: "a part would hold no sample",
    expected: `at least ${dealt.length} samples, or groups`,
    got: dealt.map(({ length }) => length).join(", "),
    where: `${where} of ${dataset.name}`,
  })
}

/** A sample that stands in two parts. */
export interface Leak {
  /** Numbers of the parts, and of the sample in each. */
  readonly parts: readonly [number, number]
  readonly samples: readonly [number, number]
}

/**
 * Samples whose inputs are the same, bit for bit, in two parts: a test on them measures memory, not learning. Targets
 * are not looked at. Each sample of a later part is named once, with the first equal one of an earlier part.
 *
 * @throws NABLA_DATA_MISMATCH for parts of different input shapes
 *
 * @example if (findLeaks([train, test]).length > 0) console.log("the test data are not new")
 */
export function findLeaks(parts: readonly ArrayDataset[]): Leak[] {
  const size = numel(parts[0]?.inputShape ?? [])
  /** By hash: where equal inputs may be. */
  const seen = new Map<number, [part: number, sample: number][]>()
  const leaks: Leak[] = []
  for (const [part, { inputs, inputShape, length, name }] of parts.entries()) {
    if (numel(inputShape) !== size) {
      const got = formatShape(inputShape)
      const message = "the parts are of different shapes"
      throw new NablaError("NABLA_DATA_MISMATCH", { message, got, where: name })
    }
    const words = new Int32Array(inputs.buffer, inputs.byteOffset, inputs.length)
    for (let sample = 0; sample < length; sample++) {
      const own = words.subarray(sample * size, (sample + 1) * size)
      const hash = hashOf(own)
      const alike = seen.get(hash) ?? []
      const twin = alike.find(([p, s]) => p !== part && sameBits(parts[p]!, s, own))
      if (twin !== undefined) leaks.push({ parts: [twin[0], part], samples: [twin[1], sample] })
      seen.set(hash, alike)
      alike.push([part, sample])
    }
  }
  return leaks
}

/** FNV-1a over 32-bit words. */
function hashOf(words: Int32Array): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193)
  return hash
}

function sameBits({ inputs }: ArrayDataset, sample: number, words: Int32Array): boolean {
  const other = new Int32Array(inputs.buffer, inputs.byteOffset + 4 * sample * words.length, words.length)
  return words.every((word, i) => other[i] === word)
}
