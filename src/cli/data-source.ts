import { formatShape, NablaError } from "../base/index.ts"
import type { ArrayDataset } from "../data/index.ts"
import { circle, gauss, glyphs, moons, spiral, split, subset, xor } from "../data/index.ts"
import { loadImages } from "../data/node.ts"

/** Data to train on and data held out, without a sample in common. */
export interface TrainingData {
  readonly name: string
  readonly train: ArrayDataset
  readonly test: ArrayDataset
}

export interface DataOptions {
  /** Samples to train on; held out is a quarter of that. Default: 8,000 glyphs, 1,000 points, all that a file holds. */
  readonly samples?: number
  readonly seed: number
}

const points = { spiral, circle, xor, gauss, moons } as const

/** Names that --data takes besides paths. */
export const generatedData: readonly string[] = ["glyphs", ...Object.keys(points)]

const GLYPHS = 8000
const POINTS = 1000
/** Of held-out samples to samples for training. */
const HELD_OUT = 1 / 4
/** Files are split the same way whatever the seed of the training, so that runs can be compared. */
const SPLIT_SEED = 0

/**
 * The data that --data names: drawn by the program, or read from IDX files.
 *
 * @throws the errors of loadImages
 * @throws NABLA_DATA_MISMATCH when the files for training and for testing hold images of different shapes
 */
export async function loadData(source: string, options: DataOptions): Promise<TrainingData> {
  if (source === "glyphs") return drawGlyphs(options)
  if (Object.hasOwn(points, source)) return drawPoints(source as keyof typeof points, options)
  return readFiles(source, options)
}

function drawGlyphs({ samples = GLYPHS, seed }: DataOptions): TrainingData {
  const train = glyphs({ n: samples, seed })
  const test = glyphs({ n: heldOut(samples), seed, start: samples })
  return { name: "glyphs", train, test }
}

function drawPoints(name: keyof typeof points, { samples = POINTS, seed }: DataOptions): TrainingData {
  const all = points[name]({ n: samples + heldOut(samples), seed })
  // The generators shuffle, so the first ones are as good as any.
  return { name, train: range(all, 0, samples), test: range(all, samples, all.length) }
}

async function readFiles(path: string, { samples }: DataOptions): Promise<TrainingData> {
  const files = await loadImages(path).catch((error: unknown) => {
    throw withNames(error, path)
  })
  const [train, test] =
    files.test === undefined
      ? split(files.train, [1 / (1 + HELD_OUT), HELD_OUT / (1 + HELD_OUT)], SPLIT_SEED)
      : [files.train, files.test]
  checkShapes(train!, test!, path)
  const count = Math.min(samples ?? train!.length, train!.length)
  const testCount = samples === undefined ? test!.length : Math.min(heldOut(samples), test!.length)
  return { name: files.train.name, train: range(train!, 0, count), test: range(test!, 0, testCount) }
}

function heldOut(samples: number): number {
  return Math.ceil(samples * HELD_OUT)
}

function range(data: ArrayDataset, begin: number, end: number): ArrayDataset {
  if (begin === 0 && end === data.length) return data
  return subset(
    data,
    Int32Array.from({ length: end - begin }, (_, i) => begin + i),
  )
}

/** Whoever misspells the name of a data set gets told that there is no such file: say which names there are. */
function withNames(error: unknown, source: string): unknown {
  if (!(error instanceof NablaError) || error.code !== "NABLA_FILE_NOT_FOUND") return error
  if (error.detail.where !== source) return error
  return new NablaError("NABLA_FILE_NOT_FOUND", {
    ...error.detail,
    expected: `${generatedData.join(" | ")}, or the path of IDX files`,
  })
}

function checkShapes(train: ArrayDataset, test: ArrayDataset, path: string): void {
  const [wanted, got] = [formatShape(train.inputShape), formatShape(test.inputShape)]
  if (wanted === got) return
  throw new NablaError("NABLA_DATA_MISMATCH", {
    message: "the images for training and for testing differ in shape",
    expected: `images of shape ${wanted}, as those of ${train.name}`,
    got: `images of shape ${got} in ${test.name}`,
    where: path,
    hint: "put files that belong together into one folder",
  })
}
