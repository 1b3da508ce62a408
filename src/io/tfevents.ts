import { NablaError } from "../base/index.ts"
import type { ProtoSchema } from "./protobuf.ts"
import { field, packed, protoCodec, repeated } from "./protobuf.ts"
import { decodeRecords, encodeRecord } from "./tfrecord.ts"

/** How many values lie in each bucket, as TensorBoard draws distributions. */
export interface Histogram {
  readonly min: number
  readonly max: number
  readonly num: number
  readonly sum: number
  readonly sumSquares: number
  /** Upper ends of the buckets, ascending. */
  readonly bucketLimit: readonly number[]
  readonly bucket: readonly number[]
}

/** Something that TensorBoard shows under a name, its tag. */
export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  | { readonly tag: string; readonly histogram: Histogram }
  /** Markdown. */
  | { readonly tag: string; readonly text: string }
  | {
      readonly tag: string
      readonly image: { readonly height: number; readonly width: number; readonly png: Uint8Array }
    }

/** A record of an events file. */
export interface TfEvent {
  /** Seconds since 1970. */
  readonly wallTime: number
  readonly step?: number
  /** What the first record of a file says. */
  readonly fileVersion?: string
  /** The run begins (again) at this step: what earlier files say of it and of later ones does not count. */
  readonly sessionStart?: boolean
  readonly values?: readonly SummaryValue[]
}

/** What each file begins with. */
export const EVENTS_VERSION = "brain.Event:2"

/** The parts of TensorFlow's event.proto, summary.proto and tensor.proto that are needed. */
const schema: ProtoSchema = {
  Event: {
    wallTime: field(1, "double"),
    step: field(2, "int64"),
    fileVersion: field(3, "string"),
    summary: field(5, "Summary"),
    session: field(7, "Session"),
  },
  Session: { status: field(1, "int32") },
  Summary: { values: repeated(1, "Value") },
  Value: {
    tag: field(1, "string"),
    simple: field(2, "float"),
    image: field(4, "Image"),
    histogram: field(5, "Histogram"),
    tensor: field(8, "Tensor"),
    metadata: field(9, "Metadata"),
  },
  Image: {
    height: field(1, "int32"),
    width: field(2, "int32"),
    colorspace: field(3, "int32"),
    bytes: field(4, "bytes"),
  },
  Histogram: {
    min: field(1, "double"),
    max: field(2, "double"),
    num: field(3, "double"),
    sum: field(4, "double"),
    sumSquares: field(5, "double"),
    bucketLimit: packed(6, "double"),
    bucket: packed(7, "double"),
  },
  Metadata: { plugin: field(1, "Plugin") },
  Plugin: { name: field(1, "string") },
  Tensor: { type: field(1, "int32"), shape: field(2, "Shape"), strings: repeated(8, "bytes") },
  Shape: { dims: repeated(2, "Dimension") },
  Dimension: { size: field(1, "int64") },
}

const SESSION_START = 1
const STRING_TYPE = 7
const RGB = 3

interface Message {
  readonly wallTime: number
  readonly step?: number
  readonly fileVersion?: string
  readonly session?: { readonly status: number }
  readonly summary?: { readonly values: readonly ValueMessage[] }
}

interface ValueMessage {
  readonly tag: string
  readonly simple?: number
  readonly image?: { readonly height: number; readonly width: number; readonly bytes: Uint8Array }
  readonly histogram?: Histogram
  readonly tensor?: { readonly strings: readonly Uint8Array[] }
}

/** Turns events into records of a file for TensorBoard. */
export async function eventEncoder(): Promise<(event: TfEvent) => Uint8Array> {
  const codec = await protoCodec(schema, "Event")
  return ({ values, sessionStart, ...event }) =>
    encodeRecord(
      codec.encode({
        ...event,
        ...(sessionStart === true && { session: { status: SESSION_START } }),
        ...(values && { summary: { values: values.map(messageOf) } }),
      }),
    )
}

function messageOf(value: SummaryValue): object {
  const { tag } = value
  if ("scalar" in value) return { tag, simple: value.scalar }
  if ("histogram" in value) return { tag, histogram: value.histogram }
  if ("image" in value) {
    const { height, width, png } = value.image
    return { tag, image: { height, width, colorspace: RGB, bytes: png } }
  }
  const strings = [new TextEncoder().encode(value.text)]
  const tensor = { type: STRING_TYPE, shape: { dims: [{ size: 1 }] }, strings }
  return { tag, tensor, metadata: { plugin: { name: "text" } } }
}

/**
 * Reads the events of a file. A last record that is not whole is left out.
 *
 * @throws NABLA_FILE_FORMAT when the file is damaged
 */
export async function decodeEvents(bytes: Uint8Array, where = "the file"): Promise<TfEvent[]> {
  const codec = await protoCodec(schema, "Event")
  const { records } = decodeRecords(bytes, where)
  try {
    return records.map((record) => eventOf(codec.decode(record) as Message))
  } catch (cause) {
    throw new NablaError("NABLA_FILE_FORMAT", {
      message: "a record is no event (tfevents)",
      got: String(cause),
      where,
      cause,
    })
  }
}

function eventOf({ summary, session, ...event }: Message): TfEvent {
  return {
    ...event,
    ...(session !== undefined && { sessionStart: session.status === SESSION_START }),
    ...(summary && { values: summary.values.map(valueOfMessage) }),
  }
}

function valueOfMessage({ tag, simple, histogram, image, tensor }: ValueMessage): SummaryValue {
  if (histogram !== undefined) return { tag, histogram }
  if (image !== undefined)
    return { tag, image: { height: image.height, width: image.width, png: new Uint8Array(image.bytes) } }
  if (tensor !== undefined) return { tag, text: new TextDecoder().decode(tensor.strings[0]) }
  return { tag, scalar: simple ?? 0 }
}

/** Each bucket is a tenth wider than the one before; the first ends at 10⁻¹². */
const limits = bucketLimits()

function bucketLimits(): readonly number[] {
  const positive: number[] = []
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push(limit)
  return [...positive.map((limit) => -limit).reverse(), 0, ...positive, Number.MAX_VALUE]
}

/** Counts values in TensorBoard's buckets. Values that are not finite are left out. */
export function histogramOf(values: ArrayLike<number>): Histogram {
  const counts = new Map<number, number>()
  let [min, max, num, sum, sumSquares] = [Infinity, -Infinity, 0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    num++
    sum += value
    sumSquares += value * value
    if (value < min) min = value
    if (value > max) max = value
    const at = bucketOf(value)
    counts.set(at, (counts.get(at) ?? 0) + 1)
  }
  if (num === 0) return { min: 0, max: 0, num, sum, sumSquares, bucketLimit: [0], bucket: [0] }
  const used = [...counts.keys()].sort((a, b) => a - b)
  // The bucket before the first one says where that begins.
  const all = Array.from({ length: used.at(-1)! - used[0]! + 2 }, (_, i) => used[0]! - 1 + i).filter(
    (at) => at >= 0,
  )
  const bucketLimit = all.map((at) => limits[at]!)
  return { min, max, num, sum, sumSquares, bucketLimit, bucket: all.map((at) => counts.get(at) ?? 0) }
}

/** The first bucket whose end is beyond the value. */
function bucketOf(value: number): number {
  let [low, high] = [0, limits.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (limits[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}
