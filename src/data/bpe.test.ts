import { expect, test } from "vitest"
import { bpeTokenizer } from "./bpe.ts"
import { tokenizerFrom } from "./text.ts"

const text = "low low low low low lower lower newest newest newest newest newest newest widest widest widest"

test("the most frequent pairs become tokens, first those of the paper's example", () => {
  const tokenizer = bpeTokenizer(text, { vocabulary: 256 + 6 })
  const pieces = Array.from({ length: 6 }, (_, k) => tokenizer.decode([256 + k]))
  // es comes 9 times, est 9; then, of 8 words each: lo and low.
  expect(pieces.slice(0, 2)).toEqual(["es", "est"])
  expect(pieces).toContain("lo")
  expect(pieces).toContain("low")
  expect(tokenizer.size).toBe(262)
})

test.each(["", "lowest widest", "Ünïcode 漢字 🙂\n\t  two  spaces ", "\ufeffmark", "it's 1234, isn't it?"])(
  "what is encoded is decoded again: %j",
  (sample) => {
    const tokenizer = bpeTokenizer(text, { vocabulary: 300 })
    expect(tokenizer.decode(tokenizer.encode(sample))).toBe(sample)
    const again = tokenizerFrom(JSON.parse(JSON.stringify(tokenizer)))
    expect([again.encode(sample), again.size]).toEqual([tokenizer.encode(sample), tokenizer.size])
  },
)

test("a text is shorter in tokens than in bytes, and training is repeatable", () => {
  const tokenizer = bpeTokenizer(text)
  expect(tokenizer.encode(text).length).toBeLessThan(text.length / 3)
  expect(JSON.stringify(bpeTokenizer(text))).toBe(JSON.stringify(tokenizer))
  // Nothing is left that comes twice.
  expect(tokenizer.size).toBeLessThan(1024)
})

test("bad options, and what is no tokenizer", () => {
  expect(() => bpeTokenizer("")).toThrow("NABLA_EMPTY_DATA")
  expect(() => bpeTokenizer("a", { vocabulary: 255 })).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => bpeTokenizer("a", { vocabulary: 2 ** 26 })).toThrow("NABLA_INVALID_ARGUMENT")
  for (const merges of [
    [[1]],
    [[256, 1]],
    [["a", "b"]],
    [[-1, 3]],
    [null],
    Array.from({ length: 20 }, (_, i) => [255 + i, 255 + i]),
  ])
    expect(() => tokenizerFrom({ kind: "bpe", merges })).toThrow("NABLA_FILE_FORMAT")
})
