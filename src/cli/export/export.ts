import { statSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { extname } from "node:path"
import { NablaError } from "../../base/index.ts"
import { tokenizerFrom } from "../../data/index.ts"
import type { NamedTensors } from "../../io/index.ts"
import {
  decodeJsonWeights,
  decodeNpz,
  decodeSafetensors,
  encodeJsonWeights,
  encodeNpz,
  encodeSafetensors,
} from "../../io/index.ts"
import type { ExportableModel } from "../../onnx/index.ts"
import { exportOnnx } from "../../onnx/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { zeros } from "../../tensor/index.ts"
import { loadCheckpoint, loadRun, writeFileWhole } from "../../train/node.ts"
import type { RunConfig, Weights } from "../eval/run-model.ts"
import { configOf, sampleModel, weightsOf } from "../eval/run-model.ts"
import { languageModel } from "../recipes/index.ts"

export const formats = ["safetensors", "npz", "json", "onnx"] as const
export type Format = (typeof formats)[number]

export interface ExportOptions {
  readonly format?: Format
  readonly output: string
  readonly weights: Weights
}

/**
 * Writes the weights of a run or file in another format, or the model of a run as ONNX.
 *
 * @returns the number of bytes
 */
export async function exportModel(source: string, options: ExportOptions): Promise<number> {
  const format = options.format ?? formatOf(options.output)
  const content = await contentOf(source, format, options.weights)
  writeFileWhole(options.output, content)
  return typeof content === "string" ? Buffer.byteLength(content) : content.length
}

function formatOf(path: string): Format {
  const format = formats.find((name) => extname(path) === `.${name}`)
  if (format !== undefined) return format
  throw new NablaError("NABLA_INVALID_OPTION", {
    message: "the name of the file does not say its format",
    expected: formats.map((name) => `.${name}`).join(", "),
    got: path,
    where: "--output",
    hint: "give the format with --format",
  })
}

async function contentOf(source: string, format: Format, weights: Weights): Promise<Uint8Array | string> {
  const isFolder = statSync(source, { throwIfNoEntry: false })?.isDirectory() ?? false
  if (format === "onnx") {
    if (isFolder) return onnxOf(source, weights)
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a file of weights does not say what is computed with them",
      expected: "the folder of a run",
      got: source,
      where: "nabla export",
      hint: "give the run's folder, or call exportOnnx(model, example) in a program that makes the model",
    })
  }
  const tensors = isFolder ? await weightsOf(loadRun(source), weights) : await weightsIn(source)
  if (format === "npz") return encodeNpz(tensors)
  if (format === "json") return encodeJsonWeights(tensors, { writer: "nabla" })
  return encodeSafetensors(tensors, { format: "pt", writer: "nabla" })
}

/** The tensors of a file, whose name says its format. */
async function weightsIn(path: string): Promise<NamedTensors> {
  const kind = extname(path)
  if (kind !== ".safetensors" && kind !== ".npz" && kind !== ".json") {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the format of the file is not known",
      expected: "the folder of a run, or a file that ends in .safetensors, .npz or .json",
      got: path,
      where: "nabla export",
    })
  }
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === "ENOENT" ? "NABLA_FILE_NOT_FOUND" : "NABLA_FILE_UNREADABLE"
    throw new NablaError(code, { message: `the file cannot be read: ${cause.message}`, where: path, cause })
  })
  if (kind === ".npz") return decodeNpz(bytes, path)
  if (kind === ".json") return decodeJsonWeights(bytes.toString("utf8"), path).tensors
  const { tensors, metadata } = decodeSafetensors(bytes, path)
  // A checkpoint is a safetensors file too, with much else beside the model.
  return "nabla.checkpoint" in metadata ? (await loadCheckpoint(path)).checkpoint.model : tensors
}

async function onnxOf(source: string, weights: Weights): Promise<Uint8Array> {
  const run = loadRun(source)
  const config = configOf(run)
  const { kind, tokenizer } = config.data
  const metadata = { recipe: config.recipe, data: config.data.train?.name ?? config.data.source }
  if (kind === "text" && tokenizer !== undefined) {
    const model = languageModel(config.recipe, tokenizerFrom(tokenizer).size, config.model)
    model.loadStateDict(await weightsOf(run, weights))
    const tokens = zeros([1, contextOf(config)], { dtype: "int32" })
    return exportOnnx(model, tokens, { inputNames: ["tokens"], outputNames: ["logits"], metadata })
  }
  const { job } = await sampleModel(source, weights)
  const example: Tensor = zeros([1, ...config.data.train.inputShape])
  return exportOnnx(job.model as ExportableModel, example, { metadata })
}

function contextOf({ model }: RunConfig): number {
  const { context } = model
  return typeof context === "number" ? context : 64
}
