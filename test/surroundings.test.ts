import type { ChildProcess } from "node:child_process"
import { execFile, spawn } from "node:child_process"
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { createNativeDevice } from "../src/runtime/native/index.ts"

/** Whole trainings in hostile surroundings: they go on, or one clear error says what to do. Never a wrong number. */

// Several compilations and trainings each, perhaps on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), "nabla-surroundings-"))
const program = join(root, `node_modules/.cache/nabla/surroundings-${process.pid}.mjs`)
/** The same where koffi is not to be found. */
const strayed = join(folder, "program.mjs")

beforeAll(async () => {
  await build({
    entryPoints: [join(root, "test/surroundings-program.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    tsconfig: join(root, "tsconfig.json"),
    logLevel: "silent",
  })
  writeFileSync(strayed, readFileSync(program))
  hasty = fakeCompiler(`exec cc "$@" -O1`)
}, 60_000)

afterAll(() => {
  rmSync(program, { force: true })
  rmSync(folder, { recursive: true, force: true })
})

function reasonToSkip(): string | null {
  try {
    createNativeDevice({ cacheFolder: join(folder, "probe") })
    return null
  } catch (error) {
    return String(error)
  }
}

const reason = reasonToSkip()
if (reason !== null) console.log(`native device: skipped (${reason})`)

interface Outcome {
  readonly loss: number
  readonly steps: number
  readonly errors: readonly string[]
  /** Bytes that the device holds more at the end than after some steps. */
  readonly grown: number
  readonly description: string
  readonly limits: readonly string[]
}

type Settings = Record<string, string>

let folders = 0
const fresh = (): string => join(folder, `cache-${folders++}`)

interface Run {
  readonly device: string
  readonly steps?: number
  readonly oddity?: string
  readonly file?: string
}

/** A compiler that does not take its time: how fast its code is does not matter here. */
let hasty: string

function environment(settings: Settings): NodeJS.ProcessEnv {
  return { ...process.env, NABLA_CACHE_DIR: fresh(), NABLA_THREADS: "2", NABLA_CC: hasty, ...settings }
}

/** What the program prints; what it fails with is an error. */
async function train(
  { device, steps = 0, oddity = "", file = program }: Run,
  settings: Settings = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { env: environment(settings), timeout: 90_000, cwd: folder }
    execFile(process.execPath, [file, device, String(steps), oddity], options, (error, out, err) => {
      if (error === null) resolve(JSON.parse(out) as Outcome)
      else reject(new Error(err || String(error)))
    })
  })
}

/** What a training of so many steps ends with on the wasm device. */
const known = new Map<number, Promise<Outcome>>()
function onWasm(steps: number): Promise<Outcome> {
  const outcome = known.get(steps) ?? train({ device: "wasm", steps })
  known.set(steps, outcome)
  return outcome
}

async function expectRight({ loss, steps, errors, grown }: Outcome): Promise<void> {
  const right = await onWasm(steps)
  expect(errors).toEqual([])
  expect([right.errors, right.steps]).toEqual([[], steps])
  const wanted = `${loss} after ${steps} steps, ${right.loss} on WebAssembly`
  expect(Math.abs(loss - right.loss) / right.loss, wanted).toBeLessThan(1e-3)
  expect(grown).toBe(0)
}

/** A command that behaves as the shell lines say. */
function fakeCompiler(lines: string): string {
  const path = join(folder, `cc-${folders++}`)
  writeFileSync(path, `#!/bin/sh\n${lines}\n`)
  chmodSync(path, 0o755)
  return path
}

const PROBES = 'case "$*" in *-dM*) exec cc "$@";; esac'

const surroundings: [string, () => Settings, RegExp][] = [
  [
    "there is no compiler",
    () => ({ NABLA_CC: join(folder, "none") }),
    /none \(not found\).*install gcc or clang/s,
  ],
  [
    "the compiler fails",
    () => ({ NABLA_CC: fakeCompiler(`${PROBES}\necho "x.c: error: disk on fire" >&2; exit 1`) }),
    /fails: x.c: error: disk on fire.*NABLA_CC/s,
  ],
  [
    "the compiler hangs",
    () => ({ NABLA_CC: fakeCompiler(`${PROBES}\nsleep 60`), NABLA_CC_TIMEOUT: "0.7" }),
    /takes too long.*NABLA_CC_TIMEOUT/s,
  ],
  [
    "the compiler writes nonsense",
    () => ({
      NABLA_CC: fakeCompiler(
        `${PROBES}\nwhile [ $# -gt 0 ]; do if [ "$1" = -o ]; then echo nonsense > "$2"; fi; shift; done`,
      ),
    }),
    /cannot be loaded/,
  ],
]

describe.skipIf(reason !== null).each(surroundings)("where %s", (_, settings, complaint) => {
  it("auto trains on WebAssembly and says why", async () => {
    const outcome = await train({ device: "auto" }, settings())
    await expectRight(outcome)
    expect(outcome.description).toMatch(/^WebAssembly.*stays there$/)
    expect(outcome.limits[0]).toMatch(complaint)
    expect(outcome.limits[0]).not.toContain("\n")
  })

  it("native says so, once", async () => {
    const outcome = train({ device: "native", steps: 100 }, settings()).then(({ errors }) => errors[0])
    const text = await outcome.catch((error: Error) => error.message)
    expect(text).toMatch(complaint)
    expect(text).toMatch(/NABLA_DEVICE_(FAILED|UNAVAILABLE)/)
  })
})

describe("where something is missing", () => {
  it("koffi: auto trains on WebAssembly and says so", async () => {
    const outcome = await train({ device: "auto", file: strayed })
    await expectRight(outcome)
    expect(outcome.limits[0]).toMatch(/koffi.*npm install koffi/)
  })

  it.skipIf(reason !== null)("the compiler hangs while it is looked at: auto trains on", async () => {
    const settings = { NABLA_CC: fakeCompiler("sleep 60"), NABLA_CC_TIMEOUT: "0.7" }
    const outcome = await train({ device: "auto" }, settings)
    await expectRight(outcome)
    expect(outcome.limits[0]).toMatch(/\(hangs\)/)
  })

  it("shared memory: the same bits on one thread, and auto moves all the same", async () => {
    const steps = 300
    const without = await train({ device: "wasm", steps, oddity: "no shared memory" })
    expect(without.loss).toBe((await onWasm(steps)).loss)
    expect(without.limits).toContainEqual(expect.stringMatching(/^one thread: no shared memory/))
    await expectRight(await train({ device: "auto", oddity: "no shared memory" }))
  })

  it("SIMD: scalars", async () => {
    const without = await train({ device: "wasm", steps: 300, oddity: "no SIMD" })
    expect(without.limits).toContainEqual(expect.stringMatching(/^no SIMD/))
    await expectRight(without)
    await expectRight(await train({ device: "auto", oddity: "no SIMD" }))
  })

  it("workers that die in the middle: the training goes on, after one clear error at most", async () => {
    const outcome = await train({ device: "wasm", steps: 1500, oddity: "mortal workers" })
    for (const error of outcome.errors) expect(error).toMatch(/compute the step again.*NABLA_DEVICE_FAILED/s)
    expect(outcome.errors.length).toBeLessThanOrEqual(1)
    await expectRight({ ...outcome, errors: [] })
  })
})

const devices = ["auto", "native"] as const
describe.skipIf(reason !== null).each(devices)("the cache of %s", (device) => {
  const steps = device === "auto" ? 0 : 300
  const done = device === "auto" ? /moved to compiled C/ : /^compiled C/

  it("is done without where it cannot be made", async () => {
    const file = join(folder, "a file")
    writeFileSync(file, "")
    const outcome = await train({ device, steps }, { NABLA_CACHE_DIR: file })
    await expectRight(outcome)
    expect(outcome.description).toMatch(done)
  })

  it("serves two processes at once, and the next one, whatever became of its files", async () => {
    const settings = { NABLA_CACHE_DIR: fresh() }
    const both = await Promise.all([train({ device, steps }, settings), train({ device, steps }, settings)])
    for (const outcome of both) await expectRight(outcome)
    const kept = join(settings.NABLA_CACHE_DIR, "native")
    const names = readdirSync(kept)
    expect(names.length).toBeGreaterThan(0)
    for (const [i, name] of names.entries()) {
      const bytes = readFileSync(join(kept, name))
      rmSync(join(kept, name))
      writeFileSync(
        join(kept, name),
        [bytes.fill(7, 900, 1800), bytes.subarray(0, 700), new Uint8Array()][i % 3]!,
      )
    }
    const outcome = await train({ device, steps }, settings)
    await expectRight(outcome)
    expect(outcome.description).toMatch(done)
  })
})

describe.skipIf(reason !== null)("auto", () => {
  it("goes over to compiled C in the middle of a training", async () => {
    const outcome = await train({ device: "auto" })
    await expectRight(outcome)
    expect(outcome.description).toMatch(/^WebAssembly.*; moved to compiled C/)
  })

  /** A compiler that says who it is and never ends, and a program that has started it. */
  async function withEndlessCompiler(
    steps: number,
  ): Promise<{ child: ChildProcess; compiler: () => number }> {
    const file = join(folder, `pid-${folders++}`)
    const settings = { NABLA_CC: fakeCompiler(`${PROBES}\necho $$ > ${file}\nsleep 60`) }
    const child = spawn(process.execPath, [program, "auto", String(steps)], {
      env: environment(settings),
      stdio: "ignore",
    })
    const compiler = (): number => (existsSync(file) ? Number(readFileSync(file, "utf8")) : 0)
    await vi.waitFor(() => expect(compiler() > 0 || child.exitCode !== null).toBe(true), 60_000)
    return { child, compiler }
  }

  /** A process that has ended may still be in the list, for want of somebody who asks. */
  const runs = (pid: number): boolean =>
    existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))

  it.skipIf(process.platform !== "linux")(
    "ends at once while something is compiled, and leaves nothing running",
    async () => {
      const { child, compiler } = await withEndlessCompiler(4000)
      if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve))
      expect(child.exitCode).toBe(0)
      expect(compiler()).toBeGreaterThan(0)
      await vi.waitFor(() => expect(runs(compiler())).toBe(false), 5000)
    },
  )

  it.skipIf(process.platform !== "linux")("takes its compilers along when it is killed", async () => {
    const { child, compiler } = await withEndlessCompiler(0)
    child.kill("SIGKILL")
    await vi.waitFor(() => expect(runs(compiler())).toBe(false), 10_000)
  })
})
