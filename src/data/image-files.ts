import { readdir, readFile, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { NablaError } from "../base/index.ts"
import { checkWord } from "./check.ts"
import type { CifarOptions } from "./cifar.ts"
import { cifarDataset } from "./cifar.ts"
import type { ArrayDataset } from "./dataset.ts"
import { fileError } from "./file-errors.ts"
import { gunzip, isGzip } from "./gzip.ts"
import { imageDatasetFromIdx } from "./mnist.ts"

/** Two files in MNIST's format that belong together. */
export interface IdxPair {
  /** path of the images file */
  readonly images: string
  /** path of the labels file */
  readonly labels: string
}

export interface ImageFiles {
  readonly train: ArrayDataset
  /** present when the folder holds a pair of files for testing: t10k-… or test-… */
  readonly test?: ArrayDataset
}

const IMAGES_NAME = /images.*idx3/i
const LABELS_NAME = /labels.*idx1/i
const TEST_NAME = /(^|[-_.])(t10k|test)[-_.]/i
const NAMES_HINT = "MNIST's names: train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or .gz"

/**
 * Reads images with labels from IDX files (plain or gzipped).
 *
 * @param path a folder, or one file of a pair: of `NAME-images-idx3-ubyte` the partner is `NAME-labels-idx1-ubyte`
 * @returns of a folder with a pair for training and one for testing both, else the one pair as `train`
 * @throws NABLA_FILE_NOT_FOUND when the path, the images or their labels are not there
 * @throws NABLA_FILE_UNREADABLE when the system does not let a file be read
 * @throws NABLA_INVALID_ARGUMENT when the folder holds several pairs for training
 * @throws the errors of imageDatasetFromIdx and of gunzip
 */
export async function loadImages(path: string, options: { classes?: number } = {}): Promise<ImageFiles> {
  const pairs = await findIdxPairs(path)
  const [only] = pairs
  if (pairs.length === 1 && only !== undefined) return { train: await loadPair(only, options) }
  const testing = pairs.filter((pair) => TEST_NAME.test(basename(pair.images)))
  const training = pairs.filter((pair) => !testing.includes(pair))
  const [train] = training
  const [test] = testing
  if (training.length > 1 || testing.length > 1 || train === undefined || test === undefined) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the folder holds several data sets",
      expected: "one pair of files for training and at most one for testing",
      got: pairs.map((pair) => basename(pair.images)).join(", "),
      where: path,
      hint: "give the path of the images file that is meant",
    })
  }
  return { train: await loadPair(train, options), test: await loadPair(test, options) }
}

/** Reads one pair of files; errors as in {@link loadImages}. */
export async function loadPair(pair: IdxPair, options: { classes?: number } = {}): Promise<ArrayDataset> {
  const [images, labels] = await Promise.all([readUnpacked(pair.images), readUnpacked(pair.labels)])
  const files = { imagesFile: pair.images, labelsFile: pair.labels, name: basename(stem(pair.images)) }
  return imageDatasetFromIdx(images, labels, { ...files, ...options })
}

const CIFAR_FILES = {
  10: { train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), test: ["test_batch.bin"] },
  100: { train: ["train.bin"], test: ["test.bin"] },
}

/**
 * Reads CIFAR-10 or CIFAR-100 from the folder that its binary archive unpacks to (cifar-10-batches-bin,
 * cifar-100-binary).
 *
 * @throws NABLA_FILE_NOT_FOUND naming the file that is missing, NABLA_FILE_UNREADABLE, and the errors of cifarDataset
 *
 * @example const { train, test } = await loadCifar("data/cifar-10-batches-bin", { classes: 10 })
 */
export async function loadCifar(
  folder: string,
  options: CifarOptions,
): Promise<{ train: ArrayDataset; test: ArrayDataset }> {
  const load = async (names: readonly string[]): Promise<ArrayDataset> => {
    const paths = names.map((name) => join(folder, name))
    return cifarDataset(await Promise.all(paths.map(readUnpacked)), options, paths)
  }
  const { classes } = options
  checkWord("loadCifar", "number of classes", String(classes), Object.keys(CIFAR_FILES))
  const names = CIFAR_FILES[classes]
  return { train: await load(names.train), test: await load(names.test) }
}

/** The pairs of files in a folder, or the pair to which one file belongs; at least one. Errors as in {@link loadImages}. */
export async function findIdxPairs(path: string): Promise<IdxPair[]> {
  const information = await stat(path).catch((cause: unknown) => {
    throw fileError(path, cause)
  })
  if (information.isDirectory()) return pairsOfFolder(path)
  const folder = dirname(path)
  const name = basename(path)
  const names = await namesIn(folder)
  if (IMAGES_NAME.test(name)) return [{ images: path, labels: join(folder, partner(name, names, folder)) }]
  if (LABELS_NAME.test(name)) return [{ images: join(folder, partner(name, names, folder)), labels: path }]
  throw new NablaError("NABLA_FILE_FORMAT", {
    message: "the file's name says neither images nor labels",
    expected: "a name like *images*idx3* or *labels*idx1*",
    got: name,
    where: path,
    hint: NAMES_HINT,
  })
}

async function pairsOfFolder(folder: string): Promise<IdxPair[]> {
  const names = await namesIn(folder)
  const images = names.filter((name) => IMAGES_NAME.test(name))
  // Where a file lies there both plain and gzipped, the plain one is taken.
  const chosen = images.filter((name) => stem(name) === name || !images.includes(stem(name)))
  if (chosen.length === 0) {
    throw new NablaError("NABLA_FILE_NOT_FOUND", {
      message: "the folder holds no images file",
      expected: "a file named like *images*idx3*, plain or .gz",
      got: names.length === 0 ? "an empty folder" : shorten(names),
      where: folder,
      hint: NAMES_HINT,
    })
  }
  return chosen.map((name) => ({
    images: join(folder, name),
    labels: join(folder, partner(name, names, folder)),
  }))
}

/** The name of the labels file for an images file, or the other way round. */
function partner(name: string, names: readonly string[], folder: string): string {
  const forImages = IMAGES_NAME.test(name)
  const [own, other] = forImages ? ["images", "labels"] : ["labels", "images"]
  const [ownRank, otherRank] = forImages ? ["idx3", "idx1"] : ["idx1", "idx3"]
  const wanted = stem(name).toLowerCase().replace(own, other).replace(ownRank, otherRank)
  const found = names.filter((candidate) => stem(candidate).toLowerCase() === wanted).sort()
  if (found[0] !== undefined) return found[0]
  throw new NablaError("NABLA_FILE_NOT_FOUND", {
    message: forImages ? "there is no labels file for the images" : "there is no images file for the labels",
    expected: `${wanted} or ${wanted}.gz beside it`,
    got: shorten(names),
    where: join(folder, name),
  })
}

function stem(name: string): string {
  return name.replace(/\.gz$/i, "")
}

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ")
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw fileError(folder, cause)
  })
  return names.sort()
}

async function readUnpacked(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fileError(path, cause)
  })
  return isGzip(bytes) || stem(path) !== path ? gunzip(bytes, path) : bytes
}
