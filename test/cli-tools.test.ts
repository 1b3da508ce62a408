import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { CommandLine } from "./cli-harness.ts"

const nabla = new CommandLine()
beforeAll(() => nabla.build())
afterAll(() => {
  nabla.remove()
  vi.unstubAllEnvs()
})

describe("nabla device", () => {
  test("measures what is there", async () => {
    const { code, out, err } = await nabla.run("device", "--json")
    expect({ code, err }).toEqual({ code: 0, err: "" })
    const devices = JSON.parse(out) as { name: string; available: boolean; ceilings?: object }[]
    expect(devices.map(({ name }) => name)).toContain("wasm")
    const wasm = devices.find(({ name }) => name === "wasm")!
    expect(wasm.available).toBe(true)
    expect(wasm.ceilings).toEqual({ gflops: expect.any(Number), gbps: expect.any(Number) })
    for (const rate of Object.values(wasm.ceilings!)) expect(rate).toBeGreaterThan(0)
  })

  test("says why a device is not there", async () => {
    vi.stubEnv("NABLA_CC", "/no/such/compiler")
    const { code, out } = await nabla.run("device", "--quick")
    vi.unstubAllEnvs()
    expect(code).toBe(0)
    expect(out).toMatch(/native .*not available: .*compiler/)
    expect(out).toMatch(/wasm .*WebAssembly/)
  })

  test("says what limits each device", async () => {
    vi.stubEnv("NABLA_THREADS", "1")
    vi.stubEnv("NABLA_CC", "/no/such/compiler")
    const { code, out } = await nabla.run("device", "--quick", "--json")
    vi.unstubAllEnvs()
    expect(code).toBe(0)
    const devices = JSON.parse(out) as { name: string; limits: string[] }[]
    const limits = (name: string) => devices.find((device) => device.name === name)!.limits
    expect(limits("wasm")).toContainEqual(expect.stringMatching(/^one thread: no more were asked for/))
    expect(limits("auto")[0]).toMatch(/^no compiled code: .*compiler/)
  })
})

describe("nabla cache", () => {
  test("shows a folder that is not there as empty, and makes none", async () => {
    const folder = nabla.path("none")
    vi.stubEnv("NABLA_CACHE_DIR", folder)
    const { code, out } = await nabla.run("cache")
    vi.unstubAllEnvs()
    expect([code, out]).toEqual([0, `${folder}/native: 0 files, 0 bytes of at most 256.0 MiB\n`])
    expect(existsSync(folder)).toBe(false)
  })

  test("removes compiled kernels, and nothing else", async () => {
    const folder = nabla.files("kept/native", {
      "a.b.so": new Uint8Array(3000),
      "c.part": new Uint8Array(72),
      "notes.txt": new Uint8Array(5),
    })
    vi.stubEnv("NABLA_CACHE_DIR", nabla.path("kept"))
    const shown = await nabla.run("cache", "--json")
    const cleared = await nabla.run("cache", "--clear")
    vi.unstubAllEnvs()
    expect(JSON.parse(shown.out)).toEqual({ folder, files: 2, bytes: 3072, limit: 2 ** 28 })
    expect(cleared).toMatchObject({ code: 0, out: `${folder}: removed 2 files, 3.0 KiB\n` })
    expect(existsSync(`${folder}/notes.txt`)).toBe(true)
    expect(existsSync(`${folder}/a.b.so`)).toBe(false)
  })
})

describe("nabla sample", () => {
  const text = new TextEncoder().encode("to be or not to be, that is the question\n".repeat(60))

  test("goes on with a text, the same with the same seed", async () => {
    const file = join(nabla.files("text", { "hamlet.txt": text }), "hamlet.txt")
    const recipe = "gpt:layers=1,width=16,heads=2,context=8,steps=4"
    const trained = await nabla.run(
      "train",
      "--data",
      file,
      "--recipe",
      recipe,
      "--epochs",
      "1",
      "--name",
      "bard",
    )
    expect([trained.err, trained.code]).toEqual(["", 0])
    const sample = (...options: string[]) =>
      nabla.run("sample", "runs/bard", "--prompt", "to be", "--length", "30", ...options)
    const { code, out } = await sample()
    expect(code).toBe(0)
    expect(out).toMatch(/^to be[a-z, \n]{30}\n$/)
    expect((await sample()).out).toBe(out)
    expect((await sample("--seed", "1")).out).not.toBe(out)
    expect((await nabla.run("sample", "runs/bard", "--prompt", "TO")).err).toContain('"T"')
  })

  test("says what is wrong with a folder", async () => {
    const empty = nabla.files("empty", { "config.json": new TextEncoder().encode('{"recipe":"cnn"}') })
    const wrong = await nabla.run("sample", empty)
    expect(wrong.code).toBe(1)
    expect(wrong.err).toMatch(/NABLA_FILE_FORMAT[\s\S]*gpt or char-rnn/)
    expect((await nabla.run("sample", nabla.path("nowhere"))).err).toContain("NABLA_FILE_NOT_FOUND")
  })
})
