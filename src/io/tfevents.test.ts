import { describe, expect, test } from "vitest"
import { crc32c } from "./crc32.ts"
import { decodeEvents, EVENTS_VERSION, eventEncoder, histogramOf } from "./index.ts"
import { decodeRecords, encodeRecord } from "./tfrecord.ts"

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

test("checksums are those of RFC 3720", () => {
  expect(crc32c(ascii("123456789"))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
})

describe("records", () => {
  test("have lengths and masked checksums", () => {
    const record = encodeRecord(ascii("123456789"))
    expect(hex(record.subarray(0, 8))).toBe("0900000000000000")
    const masked = (((0xe3069283 >>> 15) | (0xe3069283 << 17)) + 0xa282ead8) >>> 0
    expect(new DataView(record.buffer).getUint32(record.length - 4, true)).toBe(masked)
    expect(decodeRecords(record)).toEqual({ records: [ascii("123456789")], wholeBytes: record.length })
  })

  test("that are not whole are left out at any length; damaged ones are refused", () => {
    const [a, b] = [encodeRecord(ascii("first")), encodeRecord(ascii("second"))]
    const file = Uint8Array.from([...a, ...b])
    for (let length = a.length; length < file.length; length++) {
      expect(decodeRecords(file.subarray(0, length))).toEqual({
        records: [ascii("first")],
        wholeBytes: a.length,
      })
    }
    for (const at of [0, 9, 13, a.length - 1]) {
      const damaged = file.slice()
      damaged[at]! ^= 1
      expect(() => decodeRecords(damaged)).toThrow(expect.objectContaining({ code: "NABLA_FILE_FORMAT" }))
    }
  })
})

describe("events", () => {
  test("are the bytes that TensorFlow writes", async () => {
    const encode = await eventEncoder()
    // The first record of tf.summary's files, with the time 1.5.
    const version = encode({ wallTime: 1.5, fileVersion: EVENTS_VERSION })
    expect(hex(version.subarray(12, -4))).toBe(`09000000000000f83f1a0d${hex(ascii("brain.Event:2"))}`)
    // event { wall_time: 2 step: 3 summary { value { tag: "loss" simple_value: 0.5 } } }
    const scalar = encode({ wallTime: 2, step: 3, values: [{ tag: "loss", scalar: 0.5 }] })
    expect(hex(scalar.subarray(12, -4))).toBe(
      "0900000000000000401003" + "2a0d" + "0a0b" + "0a046c6f7373" + "150000003f",
    )
  })

  test("are read back", async () => {
    const encode = await eventEncoder()
    const png = Uint8Array.of(1, 2, 3)
    const events = [
      { wallTime: 1, fileVersion: EVENTS_VERSION },
      { wallTime: 2, step: 5, sessionStart: true },
      {
        wallTime: 3,
        step: 2 ** 40,
        values: [
          { tag: "loss", scalar: 0.25 },
          { tag: "config", text: "**mlp**" },
          { tag: "weights", histogram: histogramOf([-1, 0, 0.5, 2]) },
          { tag: "picture", image: { height: 2, width: 3, png } },
        ],
      },
    ]
    const file = Buffer.concat(events.map(encode))
    expect(JSON.parse(JSON.stringify(await decodeEvents(file)))).toEqual(JSON.parse(JSON.stringify(events)))
  })
})

describe("histogramOf", () => {
  test("counts every finite value once, in the bucket that holds it", () => {
    const values = [-3, -1e-20, 0, 0, 1e-13, 0.7, 5e30, Number.NaN, Infinity]
    const { bucket, bucketLimit, ...rest } = histogramOf(values)
    expect(rest).toMatchObject({ min: -3, max: 5e30, num: 7 })
    expect(bucket.reduce((a, b) => a + b, 0)).toBe(7)
    expect(bucketLimit).toHaveLength(bucket.length)
    expect(bucketLimit.every((limit, i) => i === 0 || limit > bucketLimit[i - 1]!)).toBe(true)
    let below = 0
    bucketLimit.forEach((limit, i) => {
      below += bucket[i]!
      expect(below).toBe(values.filter((value) => Number.isFinite(value) && value < limit).length)
    })
  })

  test("of nothing is empty", () => {
    expect(histogramOf([])).toMatchObject({ num: 0, bucket: [0], bucketLimit: [0] })
  })
})
