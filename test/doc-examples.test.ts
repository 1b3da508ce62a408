import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { transformSync } from "esbuild"
import { describe, expect, test } from "vitest"
import { Tensor } from "../src/node.ts"
import { takeUnread } from "../src/tensor/tensor.ts"
import { namesFor, withFolder } from "./example-surroundings.ts"

/*
 * Runs every `@example` of the sources, with the library and what example-surroundings.ts has in scope. Where the last line ends in a comment that is
 * JSON, that is the value of the line: `nn.relu().forward(tensor([-1, 2])) // [0, 2]`. Numbers are compared to the digits
 * that are printed.
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)))

interface Example {
  readonly file: string
  readonly place: string
  readonly lines: readonly string[]
}

/** The examples in the documentation comments of a text. */
function examplesIn(file: string, text: string): Example[] {
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(({ 0: comment, index }) => {
    const lines = comment.split("\n").map((line) => line.replace(/^\s*\*( |$|\/$)/, "").replace(/\*\/$/, ""))
    const firstLine = text.slice(0, index).split("\n").length
    return lines.flatMap((line, at) => {
      const begin = /^(?:\/\*\* )?@example ?(.*)$/.exec(line)
      if (begin === null) return []
      const after = lines.slice(at + 1)
      const end = after.findIndex((next) => next.trim() === "" || next.startsWith("@"))
      const code = [begin[1]!, ...after.slice(0, end < 0 ? after.length : end)].filter(
        (part) => part.trim() !== "",
      )
      return [{ file, place: `${file}:${firstLine + at}`, lines: code }]
    })
  })
}

/** Examples there are about files, texts and labels of the reader's own. */
const withOwnData = /^(data|io)[\\/]/

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !withOwnData.test(file))
  .sort()
const examples = files.flatMap((file) =>
  examplesIn(join("src", file), readFileSync(join(root, "src", file), "utf8")),
)

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>

/** Runs the lines; gives the value of the last one if a comment says what it should be. */
async function run({ file, lines }: Example, expected: string | null): Promise<unknown> {
  const code = [...lines]
  if (expected !== null) code.push(`return ${code.pop()!}`)
  const source = `async function example() {\n${code.join("\n")}\n}`
  const body = transformSync(source, { loader: "ts", target: "es2022" }).code
  return withFolder(async (folder) => {
    const scope = await namesFor(file, code.join("\n"), folder)
    const f = new AsyncFunction(...Object.keys(scope), `${body}\nreturn await example()`)
    return f(...Object.values(scope))
  })
}

/** The JSON that a line ends with as a comment, if it does. */
function expectedValue(line: string): string | null {
  const comment = /\/\/ (.+)$/.exec(line)?.[1]
  if (comment === undefined || /^(const|let|class|for|if|})/.test(line.trim())) return null
  try {
    JSON.parse(comment)
    return comment
  } catch {
    return null
  }
}

/** Tensors as nested arrays, everything else as JSON has it. */
function plain(value: unknown): unknown {
  if (value instanceof Tensor) return value.toArray()
  if (ArrayBuffer.isView(value)) return Array.from(value as Int32Array)
  if (Array.isArray(value)) return value.map(plain)
  return value
}

/** Compares structures; numbers to half a unit of the last digit printed. */
function compare(got: unknown, expected: unknown, digits: number, path: string): void {
  if (Array.isArray(expected)) {
    expect(Array.isArray(got) ? got.length : got, `length of ${path}`).toBe(expected.length)
    for (const [i, part] of expected.entries()) compare((got as unknown[])[i], part, digits, `${path}[${i}]`)
  } else if (typeof expected === "number") {
    expect(got, path).toBeCloseTo(expected, digits)
  } else expect(got, path).toEqual(expected)
}

/** How many digits behind the point the numbers of a text have. Whole numbers may come from rounding. */
function digitsOf(text: string): number {
  return Math.max(4, ...[...text.matchAll(/\.(\d+)/g)].map(([, digits]) => digits!.length))
}

test("there are examples", () => expect(examples.length).toBeGreaterThan(100))

describe("examples run and give what they say", () => {
  test.for(examples)("$place", async (example) => {
    const expected = expectedValue(example.lines.at(-1)!)
    const got = await run(example, expected)
    if (expected !== null) compare(plain(got), JSON.parse(expected), digitsOf(expected), "value")
    // What the example made and did not look at is not to be computed with the next one's optimizer step.
    takeUnread()
  })
})
