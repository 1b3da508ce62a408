import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { compile } from "svelte/compiler"
import { afterAll, expect, it } from "vitest"
import type { Program } from "../engine/protocol.ts"
import type { Controls } from "./controls.ts"
import type { Experiment, Meta } from "./experiment.ts"
import { collect, verdictOf } from "./testing.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const script = join(here, "../../../../scripts/new-experiment.mjs")
const source = mkdtempSync(join(tmpdir(), "nabla-scaffold-"))
const experiments = join(source, "experiments")
afterAll(() => rmSync(source, { recursive: true, force: true }))

// What an experiment imports, around the new folder.
for (const folder of ["experiments", "engine"]) {
  for (const file of readdirSync(join(here, "..", folder))) {
    if (file.endsWith(".ts") && !file.endsWith(".test.ts")) {
      cpSync(join(here, "..", folder, file), join(source, folder, file))
    }
  }
}

function make(name: string): string {
  return execFileSync(process.execPath, [script, name], {
    env: { ...process.env, LAB_EXPERIMENTS: experiments },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  })
}

it("makes an experiment whose law holds, and does not when it is broken", async () => {
  expect(make("24-steady-decay")).toContain("6 files")
  const at = join(experiments, "24-steady-decay")
  const { meta } = (await import(join(at, "meta.ts"))) as { meta: Meta }
  expect(meta).toMatchObject({ number: 24, title: "Steady decay" })
  type View = { sizes: number[] }
  const { experiment } = (await import(join(at, "experiment.ts"))) as {
    experiment: Experiment<Controls, View>
  }
  const { run } = (await import(join(at, "run.ts"))) as { run: Program<Record<string, never>, View, never> }
  for (const [changed, holds] of [
    [{}, true],
    [{ factor: 0.9, steps: 100 }, true],
    [{ broken: true }, false],
  ] as const) {
    const { view, values } = await collect(experiment, run as never, changed as never)
    expect(verdictOf(experiment, view, values)).toBe(holds)
  }
  const view = readFileSync(join(at, "View.svelte"), "utf8")
  expect(compile(view, { generate: "client" }).warnings).toEqual([])
})

it("refuses names that are none, and folders that are there", () => {
  for (const name of ["", "halving", "../24-x", "24-Große-Namen"]) expect(() => make(name)).toThrow("usage")
  make("25-once")
  expect(() => make("25-once")).toThrow("already")
})
