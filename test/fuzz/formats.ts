import { NablaError } from "../../src/base/index.ts"
import { parseConfig } from "../../src/cli/index.ts"
import {
  bpeTokenizer,
  cifarDataset,
  parseIdx,
  preprocessingFrom,
  StandardScaler,
  tokenizerFrom,
} from "../../src/data/index.ts"
import type { Table } from "../../src/io/index.ts"
import {
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  readCsv,
  readParquet,
} from "../../src/io/index.ts"
import type { Tensor } from "../../src/tensor/index.ts"
import { arange, tensor } from "../../src/tensor/index.ts"
import * as parquet from "../fixtures/parquet.ts"
import { mutated } from "./mutations.ts"

/** A reader, and a file that it takes. */
export interface Format {
  readonly name: string
  readonly good: Uint8Array
  /** Reads a file; gives the number of bytes of what came out. */
  readonly read: (bytes: Uint8Array) => number | Promise<number>
  /** Codes besides NABLA_FILE_FORMAT that bad contents may give. */
  readonly codes?: readonly string[]
  /** How many bytes may come out for each byte of the file. Default: 8, a float64 for each byte. */
  readonly growth?: number
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))
const sizeOf = (t: Tensor): number => t.numel() * 8
const total = (tensors: Readonly<Record<string, Tensor>>): number =>
  Object.values(tensors).reduce((sum, t) => sum + sizeOf(t), 0)

const tensors = {
  w: arange(12).reshape([3, 4]).to("float32"),
  b: tensor([1, -2], { dtype: "int32" }),
  flags: tensor([true, false, true]),
}

const configuration = {
  recipe: { name: "mlp", options: { hidden: [8, 8] } },
  data: "spiral",
  epochs: 3,
  lr: 0.01,
  preprocess: ["log", "whiten"],
  metrics: ["accuracy", "f1"],
  quiet: true,
}

const yamlConfiguration = `recipe: &model {name: mlp, options: {hidden: [8, 8]}}
data: spiral # points
epochs: 3
warmUp: "5%"
optimizer:
  name: adamw
  options:
    weightDecay: 0.1
schedule: *model
`

const table = 'name,x,y\n"Ada, the first",1.5,2\n"two\nlines",NA,-3e2\nplain,4,5\n'

function tableSize({ columns }: Table): number {
  return columns.reduce((sum, { values }) => sum + 8 * values.length, 0)
}

/** Reads JSON; what is none is the parser's to refuse. */
function ofJson(read: (state: unknown) => number): (bytes: Uint8Array) => number {
  return (bytes) => {
    try {
      return read(parse(bytes))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      throw new NablaError("NABLA_FILE_FORMAT", { message: error.message })
    }
  }
}

function readConfiguration(form: "json" | "yaml"): (bytes: Uint8Array) => Promise<number> {
  return async (bytes) => {
    const config = await parseConfig(new TextDecoder().decode(bytes), form, "a file")
    return JSON.stringify(config).length
  }
}

/** Values that a Parquet file may hold for each of its bytes, in these tests. */
const VALUES_OF_A_BYTE = 64

/** Damaged anywhere, which the footer mostly shows; and in their pages alone, under a footer that is whole. */
function parquetFormats(): Format[] {
  const files = Object.entries({
    "Parquet, Snappy": parquet.houses,
    "Parquet, every encoding": parquet.encodings,
    "Parquet, every encoding, Snappy": parquet.encodingsPacked,
  })
  return files.flatMap(([name, base64]) => {
    const file = new Uint8Array(Buffer.from(base64, "base64"))
    const begin = file.length - 8 - new DataView(file.buffer).getUint32(file.length - 8, true)
    const read = async (bytes: Uint8Array): Promise<number> =>
      tableSize(await readParquet(bytes, { mostValues: VALUES_OF_A_BYTE * bytes.length }))
    const bounds = { codes: ["NABLA_EMPTY_DATA"], growth: 8 * VALUES_OF_A_BYTE }
    const footer = file.subarray(begin)
    const ofPages = (pages: Uint8Array): Promise<number> => read(Buffer.concat([pages, footer]))
    return [
      { name, good: file, read, ...bounds },
      { name: `${name}, pages`, good: file.slice(0, begin), read: ofPages, ...bounds },
    ]
  })
}

export async function formats(): Promise<Format[]> {
  const idx = Uint8Array.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])
  const scaler = await new StandardScaler().fit(
    tensor([
      [1, 2],
      [3, 5],
    ]),
  )
  const bpe = bpeTokenizer("low lower lowest newer wider", { vocabulary: 270 })
  return [
    { name: "npy", good: await encodeNpy(tensors.w), read: (bytes) => sizeOf(decodeNpy(bytes)) },
    { name: "npz", good: await encodeNpz(tensors), read: async (bytes) => total(await decodeNpz(bytes)) },
    {
      name: "npz, deflated",
      good: await encodeNpz(tensors, { compress: true }),
      read: async (bytes) => total(await decodeNpz(bytes)),
    },
    {
      name: "safetensors",
      good: await encodeSafetensors(tensors, { note: "x" }),
      read: (bytes) => total(decodeSafetensors(bytes).tensors),
    },
    { name: "IDX", good: idx, read: (bytes) => parseIdx(bytes, "a file").data.byteLength },
    {
      name: "CIFAR",
      good: new Uint8Array(2 * 3073).fill(3),
      read: (bytes) => cifarDataset([bytes], { classes: 10 }).inputs.byteLength,
      codes: ["NABLA_LABEL_RANGE", "NABLA_EMPTY_DATA"],
    },
    {
      name: "CSV",
      good: encode(table),
      read: async (bytes) => tableSize(await readCsv(bytes)),
      codes: ["NABLA_EMPTY_DATA"],
      growth: 16,
    },
    ...parquetFormats(),
    {
      name: "preprocessing",
      good: encode(JSON.stringify(scaler)),
      read: ofJson((state) => JSON.stringify(preprocessingFrom(state)).length),
    },
    {
      name: "config, JSON",
      good: encode(JSON.stringify(configuration)),
      read: readConfiguration("json"),
      codes: ["NABLA_CONFIG"],
    },
    {
      name: "config, YAML",
      good: encode(yamlConfiguration),
      read: readConfiguration("yaml"),
      codes: ["NABLA_CONFIG"],
    },
    {
      name: "BPE tokenizer",
      good: encode(JSON.stringify(bpe)),
      read: ofJson((state) => tokenizerFrom(state as never).encode("lower newest").length),
    },
  ]
}

export interface FuzzResult {
  readonly read: number
  readonly refused: number
}

/**
 * Reads `rounds` damaged files.
 *
 * @throws whatever is no coded error; and an error for a result larger than the file allows, or a file that took more
 * than ten seconds
 */
export async function fuzz(format: Format, rounds: number, seed: number): Promise<FuzzResult> {
  const codes = ["NABLA_FILE_FORMAT", ...(format.codes ?? [])]
  let read = 0
  for (let round = 0; round < rounds; round++) {
    const bytes = mutated(format.good, seed, round)
    const start = performance.now()
    try {
      const size = await format.read(bytes)
      const most = (format.growth ?? 8) * Math.max(bytes.length, 1) + 4096
      if (size > most) throw new Error(`${size} bytes came out of ${bytes.length}`)
      read++
    } catch (error) {
      if (!(error instanceof NablaError && codes.includes(error.code)))
        throw new Error(`${format.name}, seed ${seed}, round ${round}`, { cause: error })
    }
    if (performance.now() - start > 10_000) throw new Error(`${format.name}, round ${round} took too long`)
  }
  return { read, refused: rounds - read }
}
