import { describe, expect, test } from "vitest"
import { checkDeltas } from "./delta-check.ts"
import { readRuns } from "./runs.ts"
import { unsnappy } from "./snappy.ts"
import { checkThrift } from "./thrift-check.ts"

// Damage that would keep a reader busy, or make it take memory, if it were believed. Each is told at once.

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
/** A number in groups of seven bits. */
function varint(value: number): number[] {
  const groups: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...groups, rest]
    groups.push((rest % 128) | 128)
  }
}

describe("runs", () => {
  test("packed and repeated values, by hand", () => {
    // Three bits: 0 … 7 are 88 c6 fa (the example of the format's specification); then 5 comes four times.
    expect([...readRuns(bytes(3, 0x88, 0xc6, 0xfa, 8, 5), 3, 12)]).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5,
    ])
    // What fills up the last group is left out, and its bytes need not all be there.
    expect([...readRuns(bytes(3, 0x88, 0xc6), 3, 5)]).toEqual([0, 1, 2, 3, 4])
    expect([...readRuns(bytes(), 1, 0)]).toEqual([])
  })

  test.each([1, 7, 8, 13, 17, 24])("values of %i bits come back", (width) => {
    const values = Array.from({ length: 24 }, (_, i) => (i * 2654435761) % 2 ** width)
    const packed = new Uint8Array(3 * width)
    for (const [i, value] of values.entries())
      for (let bit = 0; bit < width; bit++)
        if (Math.floor(value / 2 ** bit) % 2) packed[(i * width + bit) >> 3]! |= 1 << ((i * width + bit) & 7)
    expect([...readRuns(bytes(7, ...packed), width, 24)]).toEqual(values)
  })

  test.each([
    ["a run of two billion values", bytes(...varint(2 ** 32 - 2), 1), 1],
    ["a run of one value more than are left", bytes(18, 1), 1],
    ["packed groups without end", bytes(...varint(2 ** 32 - 1), 1), 1],
    ["a header that does not end", new Uint8Array(100).fill(0x80), 1],
    ["a run without its value", bytes(16), 1],
    ["a value of more bits than there are", bytes(16, 2), 1],
    ["values of 32 bits", bytes(3, 0, 0, 0, 0), 32],
    ["nothing", bytes(), 1],
  ])("%s", (_, damaged, width) => {
    expect(() => readRuns(damaged, width, 8)).toThrow()
  })
})

test.each([
  ["blocks of no part", [128, 1, 0, 3, 0]],
  ["blocks of a billion differences", [...varint(2 ** 30), 1, 3, 0]],
  ["parts of three differences", [12, 4, 3, 0]],
  ["more values than the page has", [128, 1, 4, ...varint(1e9), 0]],
  ["differences of 77 bits", [128, 1, 4, 3, 0, 0, 77, 0, 0, 0]],
  ["parts that are not there", [128, 1, 4, 3, 0, 0, 32, 0, 0, 0]],
  ["a number without end", new Array<number>(64).fill(0x80)],
])("differences: %s", (_, damaged) => {
  expect(() => checkDeltas(Uint8Array.from(damaged), 0, 3, 64)).toThrow()
})

describe("Snappy", () => {
  test("literals and copies that overlap, by hand", () => {
    // "ab", then ten bytes from two back; then four from twelve back.
    const packed = bytes(16, 4, 97, 98, 0b100110, 2, 0, 0b00000001, 12)
    expect(new TextDecoder().decode(unsnappy(packed, 16))).toBe("abababababababab")
  })

  test.each([
    ["a literal whose length is −4 in 32 bits", bytes(8, 252, 0xfb, 0xff, 0xff, 0xff, 1, 2, 3), 8],
    ["a copy from before the beginning", bytes(4, 0, 97, 0b1001, 5), 4],
    ["a copy from nowhere", bytes(5, 0, 97, 0b1, 0), 5],
    ["more than was asked for", bytes(2, 0, 97, 0b11111110, 1, 0), 2],
    ["less than was asked for", bytes(9, 0, 97), 9],
    ["a length of a billion", bytes(0x80, 0x94, 0xeb, 0xdc, 3, 0, 97), 1e9],
    ["a length without end", new Uint8Array(40).fill(0xff), 40],
    ["an element that is cut off", bytes(4, 0b10, 1), 4],
  ])("%s", (_, damaged, length) => {
    expect(() => unsnappy(damaged, length)).toThrow()
  })
})

test.each([
  ["a list of a billion flags", [0x19, 0xf1, ...varint(1e9), 1]],
  ["a text of four billion bytes", [0x18, ...varint(2 ** 32 - 1), 65]],
  ["a number of two hundred bytes", [0x16, ...new Array<number>(200).fill(0x80), 0, 0]],
  ["structures that lie a thousand deep", new Array<number>(1000).fill(0x1c)],
  ["lists that lie a thousand deep", [0x19, ...new Array<number>(1000).fill(0x19)]],
  ["a map", [0x1b, 0, 0]],
  ["no end", [0x15, 2]],
])("Thrift: %s", (_, damaged) => {
  expect(() => checkThrift(Uint8Array.from(damaged), 0)).toThrow()
})

test("Thrift: a structure ends where it says", () => {
  // 1: 64-bit 300, 2: list of two booleans, 3: a text, 4: a structure with a double; then other bytes.
  const good = [0x16, 0xd8, 4, 0x19, 0x21, 1, 2, 0x18, 2, 65, 66, 0x1c, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  expect(checkThrift(Uint8Array.from([...good, 7, 7]), 0)).toBe(good.length)
})
