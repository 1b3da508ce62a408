import { NablaError } from "../base/index.ts"
import type { ProtoCodec, ProtoSchema } from "./protobuf.ts"
import { field, packed, protoCodec, repeated } from "./protobuf.ts"

/** Types of elements, with their numbers in the format. */
const elementNumbers = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const
export type OnnxElement = keyof typeof elementNumbers

/** Whole numbers, lists of them, and texts: what attributes of operations are made of here. */
export type OnnxAttributes = Readonly<Record<string, number | readonly number[] | string>>

export interface OnnxNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: OnnxAttributes
}

export interface OnnxTensor {
  readonly name: string
  readonly type: OnnxElement
  readonly shape: readonly number[]
  /** The elements, little-endian. */
  readonly bytes: Uint8Array
}

/** An input or output: a size that is a text is a variable of that name. */
export interface OnnxValue {
  readonly name: string
  readonly type: OnnxElement
  readonly shape: readonly (number | string)[]
}

/** A model file: a graph of operations in the order in which they run. */
export interface OnnxModel {
  readonly name: string
  readonly opset: number
  readonly producer: { readonly name: string; readonly version: string }
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly metadata: Readonly<Record<string, string>>
}

/** The part of onnx.proto that models of nabla need. */
const schema: ProtoSchema = {
  Model: {
    irVersion: field(1, "int64"),
    producerName: field(2, "string"),
    producerVersion: field(3, "string"),
    graph: field(7, "Graph"),
    opsets: repeated(8, "Opset"),
    metadata: repeated(14, "Entry"),
  },
  Opset: { domain: field(1, "string"), version: field(2, "int64") },
  Entry: { key: field(1, "string"), value: field(2, "string") },
  Graph: {
    nodes: repeated(1, "Node"),
    name: field(2, "string"),
    initializers: repeated(5, "Tensor"),
    inputs: repeated(11, "Value"),
    outputs: repeated(12, "Value"),
  },
  Node: {
    inputs: repeated(1, "string"),
    outputs: repeated(2, "string"),
    name: field(3, "string"),
    op: field(4, "string"),
    attributes: repeated(5, "Attribute"),
  },
  Attribute: {
    name: field(1, "string"),
    i: field(3, "int64"),
    s: field(4, "bytes"),
    ints: packed(8, "int64"),
    type: field(20, "int32"),
  },
  Tensor: {
    dims: packed(1, "int64"),
    type: field(2, "int32"),
    name: field(8, "string"),
    bytes: field(9, "bytes"),
  },
  Value: { name: field(1, "string"), type: field(2, "Type") },
  Type: { tensor: field(1, "TensorType") },
  TensorType: { element: field(1, "int32"), shape: field(2, "Shape") },
  Shape: { dims: repeated(1, "Dimension") },
  Dimension: { size: field(1, "int64"), variable: field(2, "string") },
}

/** The version of the file format that opset 18 came with. */
const IR_VERSION = 8
const attributeTypes = { int: 2, string: 3, ints: 7 } as const

/** Writes a model in the ONNX format. */
export async function encodeOnnx(model: OnnxModel): Promise<Uint8Array> {
  const codec = await onnxCodec()
  return codec.encode({
    irVersion: IR_VERSION,
    producerName: model.producer.name,
    producerVersion: model.producer.version,
    opsets: [{ domain: "", version: model.opset }],
    metadata: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: model.name,
      nodes: model.nodes.map((node) => ({ ...node, attributes: attributesOf(node.attributes) })),
      initializers: model.initializers.map(({ name, type, shape, bytes }) => {
        return { name, type: elementNumbers[type], dims: shape, bytes }
      }),
      inputs: model.inputs.map(valueInfo),
      outputs: model.outputs.map(valueInfo),
    },
  })
}

function attributesOf(attributes: OnnxAttributes): object[] {
  return Object.entries(attributes).map(([name, value]) => {
    if (typeof value === "number") return { name, i: value, type: attributeTypes.int }
    if (typeof value === "string") {
      return { name, s: new TextEncoder().encode(value), type: attributeTypes.string }
    }
    return { name, ints: value, type: attributeTypes.ints }
  })
}

function valueInfo({ name, type, shape }: OnnxValue): object {
  const dims = shape.map((size) => (typeof size === "number" ? { size } : { variable: size }))
  return { name, type: { tensor: { element: elementNumbers[type], shape: { dims } } } }
}

/** What readers find in the bytes, under the names of the schema. */
interface DecodedModel {
  readonly producerName?: string
  readonly producerVersion?: string
  readonly opsets: readonly { readonly domain?: string; readonly version: number }[]
  readonly metadata: readonly { readonly key: string; readonly value: string }[]
  readonly graph?: {
    readonly name?: string
    readonly nodes: readonly {
      readonly name?: string
      readonly op: string
      readonly inputs: readonly string[]
      readonly outputs: readonly string[]
      readonly attributes: readonly {
        readonly name: string
        readonly type: number
        readonly i?: number
        readonly s?: Uint8Array
        readonly ints: readonly number[]
      }[]
    }[]
    readonly initializers: readonly {
      readonly name: string
      readonly type: number
      readonly dims: readonly number[]
      readonly bytes?: Uint8Array
    }[]
    readonly inputs: readonly DecodedValue[]
    readonly outputs: readonly DecodedValue[]
  }
}

interface DecodedValue {
  readonly name: string
  readonly type: {
    readonly tensor: {
      readonly element: number
      readonly shape: { readonly dims: readonly { readonly size?: number; readonly variable?: string }[] }
    }
  }
}

/**
 * Reads an ONNX file that nabla has written: what is in it, for people and tests. It cannot be run here.
 *
 * @throws NABLA_FILE_FORMAT for bytes that are no model, or a model with what nabla does not write
 */
export async function decodeOnnx(bytes: Uint8Array, where = "the file"): Promise<OnnxModel> {
  const codec = await onnxCodec()
  try {
    return modelOf(codec.decode(bytes) as DecodedModel)
  } catch (cause) {
    throw new NablaError("NABLA_FILE_FORMAT", {
      message: "this is no model that nabla can read (ONNX)",
      expected: "an ONNX file that nabla has written",
      got: String(cause),
      where,
      cause,
    })
  }
}

function modelOf({ graph, opsets, metadata, producerName, producerVersion }: DecodedModel): OnnxModel {
  if (graph === undefined || opsets[0] === undefined) throw new Error("no graph")
  const info = ({ name, type }: DecodedValue): OnnxValue => ({
    name,
    type: elementOf(type.tensor.element),
    shape: type.tensor.shape.dims.map(({ size, variable }) => variable ?? size ?? 0),
  })
  return {
    name: graph.name ?? "",
    opset: opsets[0].version,
    producer: { name: producerName ?? "", version: producerVersion ?? "" },
    metadata: Object.fromEntries(metadata.map(({ key, value }) => [key, value])),
    nodes: graph.nodes.map((node) => ({
      name: node.name ?? "",
      op: node.op,
      inputs: node.inputs,
      outputs: node.outputs,
      attributes: Object.fromEntries(
        node.attributes.map(({ name, type, i, s, ints }) => {
          if (type === attributeTypes.int) return [name, i ?? 0]
          return [name, type === attributeTypes.string ? new TextDecoder().decode(s) : ints]
        }),
      ),
    })),
    initializers: graph.initializers.map(({ name, type, dims, bytes }) => {
      return { name, type: elementOf(type), shape: dims, bytes: bytes ?? new Uint8Array(0) }
    }),
    inputs: graph.inputs.map(info),
    outputs: graph.outputs.map(info),
  }
}

function elementOf(number: number): OnnxElement {
  const found = Object.entries(elementNumbers).find(([, own]) => own === number)
  if (found === undefined) throw new Error(`elements of type ${number}`)
  return found[0] as OnnxElement
}

let codec: Promise<ProtoCodec> | undefined

function onnxCodec(): Promise<ProtoCodec> {
  codec ??= protoCodec(schema, "Model")
  return codec
}
