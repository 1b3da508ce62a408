import { execFile } from "node:child_process"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { build } from "esbuild"
import * as nb from "nabla"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

/** Threads of the wasm device in whole programs: results do not depend on them, and programs end by themselves. */

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const program = join(root, `node_modules/.cache/nabla/threads-program-${process.pid}.mjs`)

let one: Outcome

beforeAll(async () => {
  await build({
    entryPoints: [join(root, "test/threads-program.ts")],
    outfile: program,
    bundle: true,
    // What a user's bundler does at its worst.
    minify: true,
    keepNames: true,
    platform: "node",
    format: "esm",
    packages: "external",
    tsconfig: join(root, "tsconfig.json"),
    logLevel: "silent",
  })
  one = await run(1)
}, 90_000)

afterAll(() => rmSync(program, { force: true }))

interface Outcome {
  readonly numbers: readonly number[]
  readonly description: string
}

/** A program that does not end by itself is killed, which is an error here. */
async function run(threads: number, mode = ""): Promise<Outcome> {
  const environment = { ...process.env, NABLA_THREADS: String(threads) }
  const options = { env: environment, timeout: 60_000 }
  const { stdout } = await promisify(execFile)(process.execPath, [program, mode], options)
  return JSON.parse(stdout) as Outcome
}

describe("a training", () => {
  it("has the same bits with 1, 2 and 4 threads, and where there is no shared memory", async () => {
    expect(one.description).toContain("one thread")
    expect(one.numbers.every(Number.isFinite)).toBe(true)
    for (const threads of [2, 4]) {
      const several = await run(threads)
      expect(several.description).toMatch(new RegExp(`, ${threads} threads$`))
      expect(several.numbers).toEqual(one.numbers)
    }
    const none = await run(2, "no shared memory")
    expect(none.description).toContain("one thread (no shared memory")
    expect(none.numbers).toEqual(one.numbers)
  })

  it("uses threads in a worker too", async () => {
    const nested = await run(2, "nested")
    expect(nested.description).toMatch(/, 2 threads$/)
    expect(nested.numbers).toEqual(one.numbers)
  })
})

it("refuses a number of threads that is none", () => {
  for (const count of [0, -1, 1.5, Number.NaN]) {
    expect(() => nb.setThreads(count)).toThrow(/positive integer.*NABLA_INVALID_ARGUMENT/s)
  }
})
