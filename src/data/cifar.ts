import { NablaError } from "../base/index.ts"
import { checkNames, checkWord } from "./check.ts"
import type { ArrayDataset } from "./dataset.ts"
import { arrayDataset, checkLabels } from "./dataset.ts"

export interface CifarOptions {
  /** 10: one label byte in a record; 100: a coarse (20 classes) and a fine one. */
  readonly classes: 10 | 100
  /** For 100 classes: which labels. Default: "fine". */
  readonly labels?: "fine" | "coarse"
  readonly name?: string
}

const SIDE = 32
const PIXELS = 3 * SIDE * SIDE

/**
 * Reads CIFAR-10 or CIFAR-100 in its binary version.
 *
 * @param files the contents of one file or more (data_batch_1.bin …), in order
 * @param where the files' names, for errors
 * @returns inputs [3, 32, 32] float32, each byte divided by 255; targets [] int32
 * @throws NABLA_FILE_FORMAT when a file is no whole number of records
 * @throws NABLA_LABEL_RANGE for a label that is no class, NABLA_EMPTY_DATA without a record
 *
 * @example const train = cifarDataset([bytes1, bytes2], { classes: 10 })
 */
export function cifarDataset(
  files: readonly Uint8Array[],
  options: CifarOptions,
  where: readonly string[] = [],
): ArrayDataset {
  const { classes, labels = "fine" } = options
  checkNames("cifarDataset", options, ["classes", "labels", "name"])
  checkWord("cifarDataset", "number of classes", String(classes), ["10", "100"])
  checkWord("cifarDataset", "kind of labels", labels, ["fine", "coarse"])
  const head = classes === 10 ? 1 : 2
  const record = head + PIXELS
  const counts = files.map((bytes, i) => recordCount(bytes, record, where[i] ?? `file ${i + 1}`))
  const total = counts.reduce((sum, count) => sum + count, 0)
  const name = options.name ?? `cifar${classes}`
  if (total === 0) throw new NablaError("NABLA_EMPTY_DATA", { message: "there is no image", where: name })
  const inputs = new Float32Array(total * PIXELS)
  const targets = new Int32Array(total)
  const labelAt = classes === 100 && labels === "fine" ? 1 : 0
  let sample = 0
  for (const bytes of files) {
    for (let at = 0; at < bytes.length; at += record, sample++) {
      targets[sample] = bytes[at + labelAt]!
      const pixels = bytes.subarray(at + head, at + record)
      for (let i = 0; i < PIXELS; i++) inputs[sample * PIXELS + i] = pixels[i]! / 255
    }
  }
  const known = labelAt === 0 && classes === 100 ? 20 : classes
  checkLabels(where.join(", ") || name, targets, known)
  return arrayDataset({ name, inputs, inputShape: [3, SIDE, SIDE], targets, targetShape: [], classes: known })
}

function recordCount(bytes: Uint8Array, record: number, where: string): number {
  if (bytes.length % record === 0) return bytes.length / record
  throw new NablaError("NABLA_FILE_FORMAT", {
    message: "the file is no whole number of images (CIFAR)",
    expected: `a multiple of ${record} bytes`,
    got: `${bytes.length} bytes`,
    where,
    hint: "check that the file is complete, of the binary version, and that classes (10 or 100) is right",
  })
}
