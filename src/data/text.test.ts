import { describe, expect, test } from "vitest"
import { byteTokenizer, charTokenizer, TextWindows, tokenizerFrom } from "./text.ts"

const text = "Übung — macht 😀 den Meister"

describe("tokenizers", () => {
  test.each([charTokenizer(text), byteTokenizer()])("$kind: decoding gives the text back", (tokenizer) => {
    const tokens = tokenizer.encode(text)
    expect(tokenizer.decode(tokens)).toBe(text)
    expect(Math.max(...tokens)).toBeLessThan(tokenizer.size)
    const again = tokenizerFrom(JSON.parse(JSON.stringify(tokenizer)))
    expect([...again.encode(text)]).toEqual([...tokens])
    expect(again.size).toBe(tokenizer.size)
  })

  test("characters have the order of their code points", () => {
    expect([...charTokenizer("cab").encode("abc")]).toEqual([0, 1, 2])
    expect(charTokenizer(text).encode("😀").length).toBe(1)
  })

  test("an unknown character, an empty text, and something else are errors", () => {
    expect(() => charTokenizer("abc").encode("abd")).toThrow(/"d"[\s\S]*/)
    expect(() => charTokenizer("")).toThrow("NABLA_EMPTY_DATA")
    expect(() => tokenizerFrom({ kind: "bpe" })).toThrow("NABLA_FILE_FORMAT")
    expect(() => tokenizerFrom(null as never)).toThrow("NABLA_FILE_FORMAT")
  })
})

describe("windows of a text", () => {
  const tokens = Int32Array.from({ length: 50 }, (_, i) => i)

  test("in order cover it once, each target one later", () => {
    const windows = [...new TextWindows(tokens, { context: 8, batchSize: 4 })]
    expect(windows.map(([x]) => x.shape)).toEqual([
      [4, 8],
      [2, 8],
    ])
    const seen = windows.flatMap(([x]) => [...x.dataSync()])
    expect(seen).toEqual(Array.from({ length: 48 }, (_, i) => i))
    for (const [x, y] of windows) expect([...y.dataSync()]).toEqual([...x.dataSync()].map((v) => v + 1))
  })

  test("shuffled lie anywhere, other ones in each epoch, and end with the text", () => {
    const options = { context: 8, batchSize: 4, batches: 100, shuffle: true, seed: 3 }
    const windows = new TextWindows(tokens, options)
    const first = [...windows].map(([x]) => [...x.dataSync()])
    const second = [...windows].map(([x]) => [...x.dataSync()])
    expect(first).not.toEqual(second)
    expect([...new TextWindows(tokens, options)].map(([x]) => [...x.dataSync()])).toEqual(first)
    expect(Math.min(...first.flat())).toBe(0)
    expect(Math.max(...first.flat())).toBe(48)
  })

  test("a text that is too short is an error", () => {
    expect(() => new TextWindows(tokens, { context: 50 })).toThrow("NABLA_EMPTY_DATA")
    expect(() => new TextWindows(tokens, { context: 0 })).toThrow("NABLA_INVALID_ARGUMENT")
  })
})
