export type { RecordOptions, TextSource } from "./csv/records.ts"
export type { Column, ColumnType, CsvOptions, Table } from "./csv/table.ts"
export { csvBatches, readCsv } from "./csv/table.ts"
export type { JsonTensor, JsonWeights } from "./json-weights.ts"
export { decodeJsonWeights, encodeJsonWeights } from "./json-weights.ts"
export { decodeNpy, encodeNpy } from "./npy.ts"
export type { NpzOptions } from "./npz.ts"
export { decodeNpz, encodeNpz } from "./npz.ts"
export type {
  OnnxAttributes,
  OnnxElement,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
} from "./onnx-file.ts"
export { decodeOnnx, encodeOnnx } from "./onnx-file.ts"
export type { ParquetOptions, RandomAccess, Unpack } from "./parquet.ts"
export { parquetBatches, readParquet } from "./parquet.ts"
export { encodePng } from "./png.ts"
export type { NamedTensors } from "./safetensors.ts"
export { encodeSafetensors } from "./safetensors.ts"
export type { SafetensorsEntry, SafetensorsFile, SafetensorsHeader } from "./safetensors-read.ts"
export { decodeSafetensors } from "./safetensors-read.ts"
export type { Histogram, SummaryValue, TfEvent } from "./tfevents.ts"
export { decodeEvents, EVENTS_VERSION, eventEncoder, histogramOf } from "./tfevents.ts"
