import { formatShape, NablaError } from "../base/index.ts"
import type { ArrayDataset } from "./dataset.ts"
import { arrayDataset, checkLabels } from "./dataset.ts"
import type { IdxArray } from "./idx.ts"
import { parseIdx } from "./idx.ts"

export interface ImageDatasetOptions {
  /** labels run from 0 to classes-1 */
  readonly classes?: number
  readonly name?: string
  /** the images file, for errors */
  readonly imagesFile?: string
  /** the labels file, for errors */
  readonly labelsFile?: string
}

/**
 * Pairs the images and the labels of a data set in MNIST's format.
 *
 * @param images an IDX file of bytes with shape [n, height, width], unpacked
 * @param labels an IDX file of bytes with shape [n], unpacked
 * @returns inputs [1, height, width] float32, each byte divided by 255; targets [] int32; 10 classes unless told
 * @throws NABLA_FILE_FORMAT when a file is no complete IDX file of bytes
 * @throws NABLA_DATA_MISMATCH when a labels file stands for images or the other way round, or their numbers differ
 * @throws NABLA_LABEL_RANGE for a label outside 0 … classes-1; it names the first such sample
 * @throws NABLA_EMPTY_DATA when there is no image, or images have no pixel
 */
export function imageDatasetFromIdx(
  images: Uint8Array,
  labels: Uint8Array,
  options: ImageDatasetOptions = {},
): ArrayDataset {
  const { classes = 10, imagesFile = "images", labelsFile = "labels" } = options
  const pictures = parseIdx(images, imagesFile)
  const numbers = parseIdx(labels, labelsFile)
  checkRoles(pictures, numbers, imagesFile, labelsFile)
  const [n, height, width] = pictures.shape as [number, number, number]
  if (n !== numbers.shape[0]) {
    throw new NablaError("NABLA_DATA_MISMATCH", {
      message: "there are not as many labels as images",
      expected: `${n} labels for the images of ${imagesFile}`,
      got: `${numbers.shape[0]} labels`,
      where: labelsFile,
    })
  }
  if (pictures.data.length === 0) {
    const got = `shape ${formatShape(pictures.shape)}`
    throw new NablaError("NABLA_EMPTY_DATA", { message: "the file holds no pixel", got, where: imagesFile })
  }
  const targets = Int32Array.from(numbers.data)
  checkLabels(labelsFile, targets, classes)
  const inputs = new Float32Array(pictures.data.length)
  for (let i = 0; i < inputs.length; i++) inputs[i] = pictures.data[i]! / 255
  const shapes = { inputShape: [1, height, width], targetShape: [] }
  return arrayDataset({ name: options.name ?? imagesFile, inputs, targets, classes, ...shapes })
}

function checkRoles(images: IdxArray, labels: IdxArray, imagesFile: string, labelsFile: string): void {
  const imagesLikeLabels = images.shape.length === 1
  const labelsLikeImages = labels.shape.length === 3
  if (imagesLikeLabels && labelsLikeImages) {
    throw wrongRole("the images file and the labels file are swapped", 3, images, imagesFile)
  }
  if (images.shape.length !== 3) {
    const what = imagesLikeLabels ? "a labels file was given for the images" : "the file does not hold images"
    throw wrongRole(what, 3, images, imagesFile)
  }
  if (labels.shape.length !== 1) {
    const what = labelsLikeImages
      ? "an images file was given for the labels"
      : "the file does not hold labels"
    throw wrongRole(what, 1, labels, labelsFile)
  }
  checkBytes(images, imagesFile)
  checkBytes(labels, labelsFile)
}

function wrongRole(message: string, rank: 1 | 3, array: IdxArray, where: string): NablaError {
  return new NablaError("NABLA_DATA_MISMATCH", {
    message,
    expected: rank === 3 ? "shape [n, height, width]" : "shape [n]",
    got: `shape ${formatShape(array.shape)}`,
    where,
    hint: "give the images file (idx3) and the labels file (idx1) that belong together",
  })
}

function checkBytes(array: IdxArray, where: string): void {
  if (array.dtype === "uint8") return
  throw new NablaError("NABLA_FILE_FORMAT", {
    message: "the elements are not bytes",
    expected: "uint8 elements",
    got: `${array.dtype} elements`,
    where,
  })
}
