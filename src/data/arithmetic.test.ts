import { expect, it } from "vitest"
import { arithmeticText } from "./arithmetic.ts"

const linesOf = (text: string): string[] => text.trimEnd().split("\n")

it("each line is true, has numbers of that size, and the seed settles all", () => {
  for (const digits of [1, 2, 5]) {
    const lines = linesOf(arithmeticText({ n: 400, digits, operators: ["+", "-", "*"], seed: digits }))
    expect(lines).toHaveLength(400)
    const seen = new Set<string>()
    for (const line of lines) {
      const [, a, operator, b, answer] = /^(\d+)([-+*])(\d+)=(-?\d+)$/.exec(line)!
      seen.add(operator!)
      expect(Math.max(a!.length, b!.length)).toBeLessThanOrEqual(digits)
      const value = { "+": Number(a) + Number(b), "-": Number(a) - Number(b), "*": Number(a) * Number(b) }[
        operator!
      ]
      expect(Number(answer)).toBe(value)
    }
    expect([...seen].sort()).toEqual(["*", "+", "-"])
  }
  expect(arithmeticText({ n: 50, seed: 4 })).toBe(arithmeticText({ n: 50, seed: 4 }))
  expect(arithmeticText({ n: 50, seed: 4 })).not.toBe(arithmeticText({ n: 50, seed: 5 }))
})

it("reversed answers are the same ones backwards", () => {
  const plain = linesOf(arithmeticText({ n: 100, digits: 3 }))
  const reversed = linesOf(arithmeticText({ n: 100, digits: 3, reversed: true }))
  const turned = plain.map((line) => {
    const [question, answer] = line.split("=") as [string, string]
    return `${question}=${[...answer].reverse().join("")}`
  })
  expect(reversed).toEqual(turned)
})

it("refuses what it cannot write", () => {
  const refused = expect.objectContaining({ code: "NABLA_INVALID_ARGUMENT" })
  for (const options of [
    { n: 0 },
    { digits: 0 },
    { digits: 16 },
    { digits: 8, operators: ["*"] as const },
    { operators: [] },
  ])
    expect(() => arithmeticText(options)).toThrow(refused)
  expect(() => arithmeticText({ operators: ["/" as "+"] })).toThrow(refused)
})
