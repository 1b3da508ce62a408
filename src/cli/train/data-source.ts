import { readFile } from "node:fs/promises"
import { basename } from "node:path"
import { formatShape, NablaError } from "../../base/index.ts"
import type { AnyDataset, ArrayDataset, SequenceOptions, SequenceTask, Tokenizer } from "../../data/index.ts"
import {
  arithmeticText,
  associativeRecallTask,
  charTokenizer,
  copyTask,
  glyphs,
  pointDatasets,
  repeatCopyTask,
  split,
  subset,
} from "../../data/index.ts"
import type { ImageFiles, PublicDataName } from "../../data/node.ts"
import { loadImages, loadPublicData, publicDataNames } from "../../data/node.ts"
import { tellDownload } from "./download-line.ts"
import type { TableOptions, TableState, TargetScale } from "./table-data.ts"
import { isTable, loadTable } from "./table-data.ts"

/** Images with targets to train on, and held-out ones, without a sample in common. */
export interface ImageData {
  readonly kind: "images"
  readonly name: string
  readonly train: ArrayDataset
  readonly test: ArrayDataset
}

/** Points, or rows of a table, alike. */
export interface PointData {
  readonly kind: "points"
  readonly name: string
  readonly train: AnyDataset
  readonly test: AnyDataset
  /** Of rows of a table: what was learned from those that are trained on. */
  readonly table?: TableState
}

export type SampleData = ImageData | PointData

/** The tokens of a text; its end is held out. */
export interface TextData {
  readonly kind: "text"
  readonly name: string
  readonly tokenizer: Tokenizer
  readonly train: Int32Array
  readonly test: Int32Array
}

/** A task on sequences that are drawn as they are needed; the held-out ones are longer. */
export interface SequenceData {
  readonly kind: "sequences"
  readonly name: string
  train(options: SequenceOptions): SequenceTask
  test(options: SequenceOptions): SequenceTask
}

export type TrainingData = SampleData | TextData | SequenceData

/** What data are made of: it settles which recipes fit and how they are trained. */
export type DataKind = TrainingData["kind"]

/** How the targets of a table were scaled; null where there was nothing to scale. */
export function scaleOf(data: TrainingData): TargetScale | null {
  return data.kind === "points" ? (data.table?.target ?? null) : null
}

export interface DataOptions extends TableOptions {
  /** Samples to train on; held out is a quarter of that. Default: 8,000 glyphs, 1,000 points, all that a file holds. */
  readonly samples?: number
  readonly seed: number
  /** Folder with the files of public data sets, which are not downloaded then. */
  readonly dataDir?: string
}

const tasks = {
  copy: { make: copyTask, test: { minLength: 20, maxLength: 20 } },
  "repeat-copy": { make: repeatCopyTask, test: { minLength: 10, maxLength: 10 } },
  "associative-recall": { make: associativeRecallTask, test: { minLength: 8, maxLength: 8 } },
} as const

/** Names that --data takes besides paths. */
export const generatedData: readonly string[] = [
  "glyphs",
  ...Object.keys(pointDatasets),
  ...Object.keys(tasks),
  "arithmetic",
]

const GLYPHS = 8000
const POINTS = 1000
/** Lines. */
const SUMS = 20_000
/** Of held-out samples to samples for training. */
const HELD_OUT = 1 / 4
/** Files are split the same way whatever the seed of the training, so that runs can be compared. */
const SPLIT_SEED = 0
/** Share of a text that is held out. */
const HELD_OUT_TEXT = 0.1
/** Batches of held-out sequences. */
const TEST_BATCHES = 5

/**
 * The data that --data names: drawn by the program, or read from IDX files or a text.
 *
 * @throws the errors of loadImages
 * @throws NABLA_DATA_MISMATCH when the files for training and for testing hold images of different shapes
 */
export async function loadData(source: string, options: DataOptions): Promise<TrainingData> {
  if (source === "glyphs") return drawGlyphs(options)
  if (Object.hasOwn(pointDatasets, source)) return drawPoints(source, options)
  if (Object.hasOwn(tasks, source)) return sequences(source as keyof typeof tasks)
  if (source === "arithmetic")
    return textData(source, arithmeticText({ n: options.samples ?? SUMS, seed: options.seed }))
  if ((publicDataNames as readonly string[]).includes(source))
    return readPublic(source as PublicDataName, options)
  if (isTable(source)) return loadTable(source, options)
  return source.endsWith(".txt") ? readText(source) : readFiles(source, options)
}

function sequences(name: keyof typeof tasks): SequenceData {
  const { make, test } = tasks[name]
  return {
    kind: "sequences",
    name,
    train: make,
    test: (options) => make({ ...options, ...test, batches: TEST_BATCHES }),
  }
}

async function readText(path: string): Promise<TextData> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === "ENOENT" ? "NABLA_FILE_NOT_FOUND" : "NABLA_FILE_UNREADABLE"
    throw new NablaError(code, { message: `the text cannot be read: ${cause.message}`, where: path, cause })
  })
  return textData(basename(path, ".txt"), text)
}

function textData(name: string, text: string): TextData {
  const tokenizer = charTokenizer(text)
  const tokens = tokenizer.encode(text)
  const cut = Math.floor(tokens.length * (1 - HELD_OUT_TEXT))
  return {
    kind: "text",
    name,
    tokenizer,
    train: tokens.subarray(0, cut),
    test: tokens.subarray(cut),
  }
}

function drawGlyphs({ samples = GLYPHS, seed }: DataOptions): SampleData {
  const train = glyphs({ n: samples, seed })
  const test = glyphs({ n: heldOut(samples), seed, start: samples })
  return { kind: "images", name: "glyphs", train, test }
}

function drawPoints(name: string, { samples = POINTS, seed }: DataOptions): SampleData {
  const all = pointDatasets[name]!({ n: samples + heldOut(samples), seed })
  // The generators shuffle, so the first ones are as good as any.
  return { kind: "points", name, train: range(all, 0, samples), test: range(all, samples, all.length) }
}

/** Data sets that others publish: from a folder, or downloaded into the cache. */
async function readPublic(name: PublicDataName, options: DataOptions): Promise<SampleData> {
  const { dataDir } = options
  const files = await loadPublicData(name, {
    ...(dataDir !== undefined && { dataDir }),
    onProgress: tellDownload,
  })
  return chosenSamples(files, name, options)
}

async function readFiles(path: string, options: DataOptions): Promise<SampleData> {
  const files = await loadImages(path).catch((error: unknown) => {
    throw withNames(error, path)
  })
  return chosenSamples(files, path, options)
}

function chosenSamples(files: ImageFiles, path: string, { samples }: DataOptions): SampleData {
  const [train, test] =
    files.test === undefined
      ? split(files.train, [1 / (1 + HELD_OUT), HELD_OUT / (1 + HELD_OUT)], SPLIT_SEED)
      : [files.train, files.test]
  checkShapes(train!, test!, path)
  const count = Math.min(samples ?? train!.length, train!.length)
  const testCount = samples === undefined ? test!.length : Math.min(heldOut(samples), test!.length)
  return {
    kind: "images",
    name: files.train.name,
    train: range(train!, 0, count),
    test: range(test!, 0, testCount),
  }
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
    expected: `${generatedData.join(" | ")}, the path of IDX files, of a table that ends in .csv or .tsv, or of a text that ends in .txt`,
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
