import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { expect, it } from "vitest"
import type { Controls } from "./controls.ts"
import { defaultsOf } from "./controls.ts"
import type { Experiment } from "./experiment.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const root = join(here, "../../../..")
const cache = join(root, "node_modules/.cache/lab-code")
const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

it.for(folders)("the script that %s shows runs", { timeout: 120_000 }, async (name) => {
  const { experiment } = (await import(join(here, name, "experiment.ts"))) as {
    experiment: Experiment<Controls, unknown>
  }
  mkdirSync(cache, { recursive: true })
  const outfile = join(cache, `${name}-${process.pid}.mjs`)
  await build({
    stdin: {
      contents: experiment.code(defaultsOf(experiment.controls)),
      loader: "ts",
      resolveDir: root,
      sourcefile: `${name}.ts`,
    },
    absWorkingDir: root,
    tsconfig: join(root, "tsconfig.json"),
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "silent",
  })
  const { status, stdout, stderr } = spawnSync(process.execPath, [outfile], {
    encoding: "utf8",
    timeout: 100_000,
  })
  rmSync(outfile, { force: true })
  expect(stderr).toBe("")
  expect(status).toBe(0)
  expect(stdout).not.toBe("")
})
