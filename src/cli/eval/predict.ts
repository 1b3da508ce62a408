import { readFile } from "node:fs/promises"
import { NablaError, numel } from "../../base/index.ts"
import type { UnseenText } from "../../data/index.ts"
import { TableEncoder } from "../../data/index.ts"
import { loadPicture } from "../../data/node.ts"
import type { Table, TextSource } from "../../io/index.ts"
import { csvBatches } from "../../io/index.ts"
import { csvFileBatches } from "../../io/node.ts"
import type { Tensor } from "../../tensor/index.ts"
import { argmax, noGrad, softmax, tensor } from "../../tensor/index.ts"
import { transformOf, typesOf } from "../train/table-data.ts"
import type { RunModel } from "./run-model.ts"

/** What a model says of one sample. */
export interface Prediction {
  /** The picture that it is of. */
  readonly file?: string
  /** A class by its name or number, or a value. */
  readonly prediction: string | number | readonly number[]
  /** Of all classes, by name. */
  readonly probabilities?: Readonly<Record<string, number>>
  /** Texts of the row, by column, that the training rows did not have: the model takes them for missing. */
  readonly unknown?: Readonly<Record<string, string>>
}

/** Predictions for the rows of a CSV: a file, or what comes from the standard input, as it comes. */
export async function* predictRows(
  { config, job }: RunModel,
  file: string | null,
  input: TextSource,
  warn: (unseen: readonly UnseenText[]) => void = () => {},
): AsyncGenerator<Prediction> {
  const { table, train } = config.data
  const encoder = table && TableEncoder.restore(table.encoder)
  const transform = table ? transformOf(table) : null
  const options = table ? { types: typesOf(table.encoder, false) } : {}
  const where = file ?? "the standard input"
  const batches =
    file === null ? csvBatches(input, { where, ...options }) : csvFileBatches(file, { where, ...options })
  for await (const rows of batches) {
    const width = encoder?.names.length ?? numel(train.inputShape)
    const values = encoder ? encoder.encodeInputs(rows) : numbersOf(rows, width, where)
    const raw = tensor(values, { shape: [rows.length, width] })
    const inputs = transform ? transform.transform(raw).to("float32") : raw
    const shaped = inputs.reshape([rows.length, ...train.inputShape])
    const unseen = encoder?.unseen(rows) ?? []
    const told = new Map<number, Record<string, string>>()
    for (const { row, column, text } of unseen) told.set(row, { ...told.get(row), [column]: text })
    let row = 0
    for await (const found of describe(noGrad(() => job.model.forward(shaped)) as Tensor, config)) {
      const unknown = told.get(row++)
      yield unknown === undefined ? found : { ...found, unknown }
    }
    warn(unseen)
  }
}

/** Predictions for pictures, each brought to the size of those that were trained on. */
export async function* predictPictures(
  { config, job }: RunModel,
  sources: readonly { readonly name: string; readonly bytes?: Uint8Array }[],
): AsyncGenerator<Prediction> {
  const [channels, height, width] = config.data.train.inputShape
  if (height === undefined || width === undefined || (channels !== 1 && channels !== 3))
    throw new NablaError("NABLA_DATA_MISMATCH", {
      message: "the model of this run takes no pictures",
      expected: "a run on images of 1 or 3 channels",
      got: `inputs of shape [${config.data.train.inputShape.join(", ")}]`,
      where: "nabla predict",
    })
  for (const { name, bytes } of sources) {
    const pixels = await loadPicture(bytes ?? (await readFile(name)), { size: [height, width], channels })
    const x = tensor(pixels, { shape: [1, channels, height, width] })
    for await (const found of describe(noGrad(() => job.model.forward(x)) as Tensor, config))
      yield { file: name, ...found }
  }
}

async function* describe(output: Tensor, { data }: RunModel["config"]): AsyncGenerator<Prediction> {
  const [rows, width] = [output.shape[0]!, numel(output.shape.slice(1))]
  if (data.train.classes === undefined) {
    const values = await output.data()
    const { mean, std } = data.table?.target ?? { mean: 0, std: 1 }
    for (let i = 0; i < rows; i++) {
      const row = Array.from(values.slice(i * width, (i + 1) * width), (value) => Number(value) * std + mean)
      yield { prediction: row.length === 1 ? row[0]! : row }
    }
    return
  }
  const names = data.table?.encoder.classes ?? Array.from({ length: width }, (_, k) => String(k))
  const [shares, best] = await Promise.all([softmax(output, 1).data(), argmax(output, 1).data()])
  for (let i = 0; i < rows; i++) {
    const row = names.map((name, k) => [name, Number(shares[i * width + k]!)] as const)
    const name = names[Number(best[i]!)]!
    yield {
      prediction: data.table === undefined ? Number(name) : name,
      probabilities: Object.fromEntries(row),
    }
  }
}

/** All columns of a table as inputs. */
function numbersOf({ columns, length }: Table, width: number, where: string): Float32Array {
  if (columns.length !== width || columns.some(({ type }) => type !== "number"))
    throw new NablaError("NABLA_DATA_MISMATCH", {
      message: "these are not the inputs that the model takes",
      expected: `${width} columns of numbers`,
      got: columns
        .map(({ name, type }) => `${name} (${type})`)
        .join(", ")
        .slice(0, 200),
      where,
    })
  const values = new Float32Array(length * width)
  for (const [j, column] of columns.entries())
    for (let i = 0; i < length; i++) values[i * width + j] = column.values[i] as number
  return values
}
