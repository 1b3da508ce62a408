import { spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest"
import type { NativeDevice } from "./device.ts"
import { createNativeDevice } from "./device.ts"
import type { NativeCode } from "./kernel-library.ts"

/** The native device in hostile surroundings: training goes on, or one clear error says what to do. */

const root = mkdtempSync(join(tmpdir(), "nabla-test-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
const freshFolder = (): string => join(root, `cache-${folders++}`)

/** A kernel that stores a number in the one float of its buffer. */
const storing = (value: number): NativeCode => ({
  kernels: [String(value)],
  sizes: [{ integers: [], floats: [] }],
  unit: () => ({
    text: `#include <stdint.h>
static void kernel(char* const* p, const void* team) { *(float*)p[0] = ${value}; }
__attribute__((visibility("default"))) void nabla_kernels(double* addresses) { *addresses = (uintptr_t)kernel; }`,
    blas: false,
  }),
})

function result(device: NativeDevice, value: number): number {
  const allocation = device.allocate(4)
  const buffer = { allocation, byteOffset: 0 }
  device.run(device.compile(storing(value)), [{ kernel: 0, buffers: [buffer] }])
  const got = device.readSync(buffer, "float32", 1)[0]!
  device.free(allocation)
  return got
}

/** A command that behaves as the shell lines say. */
function fakeCompiler(lines: string): string {
  const path = join(root, `cc-${folders++}`)
  writeFileSync(path, `#!/bin/sh\n${lines}\n`)
  chmodSync(path, 0o755)
  return path
}

const PROBES = 'case "$*" in *-dM*) exec cc "$@";; esac'

/** A real compiler that notes each compilation in a file. */
function countingCompiler(): { path: string; count: () => number } {
  const log = join(root, `log-${folders++}`)
  writeFileSync(log, "")
  return {
    path: fakeCompiler(`${PROBES}\necho once >> ${log}\nexec cc "$@"`),
    count: () => readFileSync(log, "utf8").split("\n").length - 1,
  }
}

function reasonToSkip(): string | null {
  try {
    createNativeDevice({ cacheFolder: freshFolder() })
    return null
  } catch (error) {
    return String(error)
  }
}

const reason = reasonToSkip()
if (reason !== null) console.log(`native device: skipped (${reason})`)

beforeEach(() => {
  vi.unstubAllEnvs()
})

describe.skipIf(reason !== null)("the native device", () => {
  it("computes, and compiles a text once", () => {
    const { path, count } = countingCompiler()
    vi.stubEnv("NABLA_CC", path)
    const cacheFolder = freshFolder()
    const device = createNativeDevice({ cacheFolder })
    expect([result(device, 1), result(device, 1), result(device, 2)]).toEqual([1, 1, 2])
    // Two kernels, and what runs them.
    expect(count()).toBe(3)
    expect(result(createNativeDevice({ cacheFolder }), 2)).toBe(2)
    expect(count()).toBe(3)
  })

  it("compiles anew what the cache holds damaged, cut short or empty", () => {
    const { path, count } = countingCompiler()
    vi.stubEnv("NABLA_CC", path)
    const cacheFolder = freshFolder()
    result(createNativeDevice({ cacheFolder }), 3)
    const damages: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.fill(0, 100, 200),
      (bytes) => bytes.subarray(0, 1000),
      () => Buffer.alloc(0),
    ]
    for (const [i, damage] of damages.entries()) {
      const files = readdirSync(cacheFolder)
      expect(files).toHaveLength(2)
      for (const name of files) {
        const file = join(cacheFolder, name)
        const damaged = damage(readFileSync(file))
        rmSync(file)
        writeFileSync(file, damaged)
      }
      expect(result(createNativeDevice({ cacheFolder }), 3)).toBe(3)
      expect(count()).toBe(2 * (i + 2))
    }
  })

  it("does without a cache folder that cannot be made", () => {
    const file = join(root, "a file")
    writeFileSync(file, "")
    expect(result(createNativeDevice({ cacheFolder: join(file, "cache") }), 4)).toBe(4)
  })

  it("does without a cache folder that cannot be written to", () => {
    const cacheFolder = freshFolder()
    mkdirSync(cacheFolder, { mode: 0o500 })
    expect(result(createNativeDevice({ cacheFolder }), 5)).toBe(5)
  })

  it("says which compilers were tried when there is none", () => {
    vi.stubEnv("NABLA_CC", join(root, "no such compiler"))
    expect(() => createNativeDevice()).toThrow(
      /NABLA_DEVICE_UNAVAILABLE[\s\S]*no such compiler \(not found\)/,
    )
  })

  it("gives the first line that a failing compiler complains with", () => {
    vi.stubEnv(
      "NABLA_CC",
      fakeCompiler(`${PROBES}\necho "x.c: fatal error: disk on fire" >&2; echo more >&2; exit 1`),
    )
    const device = createNativeDevice({ cacheFolder: freshFolder() })
    expect(() => result(device, 6)).toThrow(/fails: x.c: fatal error: disk on fire \[NABLA_DEVICE_FAILED\]/)
  })

  it("stops a compiler that hangs, with what it started", () => {
    vi.stubEnv("NABLA_CC", fakeCompiler(`${PROBES}\nsleep 30`))
    vi.stubEnv("NABLA_CC_TIMEOUT", "0.3")
    const device = createNativeDevice({ cacheFolder: freshFolder() })
    const start = performance.now()
    expect(() => result(device, 7)).toThrow(/takes too long.*NABLA_DEVICE_FAILED/s)
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  it("notices a compiler that writes nonsense", () => {
    const nonsense = `while [ $# -gt 0 ]; do if [ "$1" = -o ]; then echo nonsense > "$2"; fi; shift; done`
    vi.stubEnv("NABLA_CC", fakeCompiler(`${PROBES}\n${nonsense}`))
    const device = createNativeDevice({ cacheFolder: freshFolder() })
    expect(() => result(device, 8)).toThrow(/cannot be loaded.*NABLA_DEVICE_FAILED/s)
  })

  it("shares its cache folder between processes at once", async () => {
    const cacheFolder = freshFolder()
    const { ObjectCache } = await import("./cache.ts")
    // Two caches in one folder put down and take up the same objects.
    const caches = [new ObjectCache(cacheFolder), new ObjectCache(cacheFolder)]
    const object = join(root, "object")
    writeFileSync(object, "code")
    for (let i = 0; i < 50; i++) for (const cache of caches) cache.keep(`key${i % 5}`, object)
    expect(readdirSync(cacheFolder)).toHaveLength(5)
    for (let i = 0; i < 5; i++) expect(readFileSync(caches[i % 2]!.find(`key${i}`)!, "utf8")).toBe("code")
  })

  it("keeps the cache folder within its size, the least recently used going first", async () => {
    const cacheFolder = freshFolder()
    const { ObjectCache } = await import("./cache.ts")
    const cache = new ObjectCache(cacheFolder, 10_000)
    const object = join(root, "large object")
    for (let i = 0; i < 40; i++) {
      writeFileSync(object, Buffer.alloc(1000, i))
      cache.keep(`key${i}`, object)
      cache.prune()
    }
    expect(readdirSync(cacheFolder).length).toBeLessThanOrEqual(10)
    expect(cache.find("key39")).toBeDefined()
    expect(cache.find("key0")).toBeUndefined()
  })

  it("leaves no folder behind when the process ends", () => {
    const cache = JSON.stringify(join(import.meta.dirname, "cache.ts"))
    const script = `import { ObjectCache } from ${cache}; console.log(process.pid, new ObjectCache().scratch)`
    const { status, stdout } = spawnSync(process.execPath, ["scripts/run-ts.mjs", writeScript(script)])
    expect(status).toBe(0)
    expect(existsSync(String(stdout).trim().split(" ")[1]!)).toBe(false)
  })
})

function writeScript(text: string): string {
  const path = join(root, `script-${folders++}.ts`)
  writeFileSync(path, text)
  return path
}
