/** The fields of a message by name: number, type, and whether there are any number of them. */
export type ProtoFields = Readonly<Record<string, ProtoField>>
export interface ProtoField {
  readonly id: number
  readonly type: string
  readonly rule?: "repeated"
  readonly options?: { readonly packed: boolean }
}

/** Messages by name, as they stand in a `.proto` file. */
export type ProtoSchema = Readonly<Record<string, ProtoFields>>

/** Turns messages of one type into bytes and back. */
export interface ProtoCodec {
  encode(message: object): Uint8Array
  /** @throws the reader's error for damaged bytes */
  decode(bytes: Uint8Array): object
}

export const field = (id: number, type: string): ProtoField => ({ id, type })
export const repeated = (id: number, type: string): ProtoField => ({ id, type, rule: "repeated" })
/** Repeated numbers without a tag for each. */
export const packed = (id: number, type: string): ProtoField => ({
  ...repeated(id, type),
  options: { packed: true },
})

/** What is used of the library. */
interface Light {
  readonly Root: {
    fromJSON(schema: object): { lookupType(name: string): MessageType }
  }
}

interface MessageType {
  encode(message: object): { finish(): Uint8Array }
  decode(bytes: Uint8Array): object
  toObject(message: object, options: object): object
}

/** The codec of one type of a schema. The library is loaded by whoever writes or reads such a file first. */
export async function protoCodec(schema: ProtoSchema, name: string): Promise<ProtoCodec> {
  // The joined file: the modules behind "protobufjs/light.js" ask for Node's fs, which no page has.
  // @ts-expect-error it has no declarations
  const { default: protobuf } = (await import("protobufjs/dist/light/protobuf.js")) as { default: Light }
  const nested = Object.fromEntries(
    Object.entries(schema).map(([message, fields]) => [message, { fields: { ...fields } }]),
  )
  const type = protobuf.Root.fromJSON({ nested }).lookupType(name)
  return {
    encode: (message) => type.encode(message).finish(),
    decode: (bytes) => type.toObject(type.decode(bytes), { longs: Number, defaults: false, arrays: true }),
  }
}
