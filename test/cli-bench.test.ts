import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { summarise } from "../src/cli/bench/compare.ts"
import { CommandLine } from "./cli-harness.ts"

const nabla = new CommandLine()
beforeAll(() => {
  vi.stubEnv("BENCH_CHECK_MAX_S", "0.02")
  return nabla.build()
})
afterAll(() => {
  nabla.remove()
  vi.unstubAllEnvs()
})

interface Line {
  readonly system: string
  readonly workload: string
  readonly ms_per_step: number
  readonly loss0: number
  readonly threads: number
  readonly gflops: number
}

const linesOf = (out: string): Line[] =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line)

describe("nabla bench", () => {
  test("times a workload as one line of JSON", async () => {
    const { code, out } = await nabla.run(
      "bench",
      "playground",
      "--json",
      "--seconds",
      "0.01",
      "--threads",
      "1",
    )
    expect(code).toBe(0)
    const [line] = linesOf(out)
    expect(line).toMatchObject({ system: "nabla-wasm-1t", workload: "playground", threads: 1 })
    // The first loss of every system that follows the specification.
    expect(line!.loss0).toBeCloseTo(0.85364282, 5)
    expect(line!.ms_per_step).toBeGreaterThan(0)
    expect(line!.gflops).toBeGreaterThan(0)
  })

  test("times several, on several devices, as a table", async () => {
    const { code, out } = await nabla.run(
      ...["bench", "playground", "matmul-256", "--device", "wasm,auto", "--seconds", "0.01"],
    )
    expect(code).toBe(0)
    for (const row of [
      /playground *│ wasm/,
      /playground *│ auto/,
      /matmul-256 *│ wasm/,
      /matmul-256 *│ auto/,
    ])
      expect(out).toMatch(row)
    expect(out).toMatch(/device.*threads.*ms\/step.*GFLOP\/s/)
  })

  test("shows where the time goes, and writes the events", async () => {
    const { code, out } = await nabla.run("bench", "playground", "--trace", "trace.json")
    expect(code).toBe(0)
    expect(out).toMatch(/kernel .*GFLOP\/s[\s\S]* ms a step/)
    const { traceEvents } = JSON.parse(readFileSync(nabla.path("trace.json"), "utf8")) as {
      traceEvents: unknown[]
    }
    expect(traceEvents.length).toBeGreaterThan(9)
  })

  test("says what is wrong with its arguments", async () => {
    for (const [args, complaint] of [
      [["bench", "mpl"], /expected: .*playground.*\n *got: *mpl/],
      [["bench", "mlp", "--device", "wasm,gpu"], /expected: .*native/],
      [["bench", "mlp", "--threads", "0"], /--threads/],
      [["bench", "mlp", "--compare", "HEAD"], /--compare/],
      [["bench", "--profile"], /--profile/],
      [["bench", "mlp", "--compare", "HEAD", "HEAD"], /git rev-parse fails/],
    ] as const) {
      const { code, err } = await nabla.run(...args)
      expect(err).toMatch(complaint)
      expect(code).toBe(2)
    }
  })
})

/** A checkout whose script `bench` says what its commit says. */
function checkout(times: readonly number[]): string {
  const folder = nabla.path("checkout")
  mkdirSync(folder)
  const git = (...args: string[]): void => {
    const author = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    execFileSync("git", [...author, ...args], { cwd: folder, stdio: "ignore" })
  }
  git("init", "-q")
  writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { bench: "node bench.mjs" } }))
  for (const ms of times) {
    writeFileSync(
      join(folder, "bench.mjs"),
      `console.log(JSON.stringify({ workload: process.argv[2], ms_per_step: ${ms}, loss: 1, note: "" }))`,
    )
    git("add", ".")
    git("commit", "-q", "-m", `takes ${ms}`)
  }
  return folder
}

describe("nabla bench --compare", () => {
  test("runs two commits in turns, and leaves nothing behind", async () => {
    const folder = checkout([4, 2])
    const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("nabla-bench-"))
    const before = left()
    const run = (...args: string[]) =>
      nabla.runIn(folder, "bench", "mlp", "--compare", ...args, "--rounds", "2")
    const { code, out } = await run("HEAD~1", "HEAD")
    expect(code).toBe(0)
    expect(out).toMatch(/HEAD~1 \([0-9a-f]{8}\), ms.*HEAD \([0-9a-f]{8}\), ms/)
    expect(out).toMatch(/mlp.* 4 .* 2 .* 0\.500 .*± 0\.0 %.*2\.00 × as fast/)
    writeFileSync(
      join(folder, "bench.mjs"),
      `console.log(JSON.stringify({ workload: process.argv[2], ms_per_step: 3, loss: 1.5, note: "" }))`,
    )
    const present = await run("HEAD", ".", "--json")
    expect(JSON.parse(present.out)).toMatchObject({ a: 2, b: 3, ratio: 1.5, note: "losses differ: 1, 1.5" })
    expect(left()).toEqual(before)
    expect(execFileSync("git", ["worktree", "list"], { cwd: folder, encoding: "utf8" }).trim()).not.toContain(
      "\n",
    )
  })

  test("takes the median of the rounds, and half of their range as noise", () => {
    const of = (...times: (number | null)[]) =>
      times.map((ms_per_step) => ({
        system: "s",
        workload: "w",
        ms_per_step,
        loss: 1,
        note: ms_per_step === null ? "error: no" : "",
      }))
    const { ratio, noise } = summarise("w", [of(10, 10, 10), of(9, 12, 10)])
    expect(ratio).toBe(1)
    expect(noise).toBeCloseTo(0.15)
    expect(summarise("w", [of(10), of(5)])).toMatchObject({ ratio: 0.5, noise: null })
    expect(summarise("w", [of(10, 10), of(5, null)])).toMatchObject({ ratio: null, note: "error: no" })
  })
})
