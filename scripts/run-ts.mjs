/**
 * Runs a TypeScript file of this repository on any supported Node: `node scripts/run-ts.mjs FILE [arguments]`.
 * The file is bundled first (the imports `nabla` and `nabla/…` read src, through the paths of tsconfig.json).
 */
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { basename, join } from "node:path"
import { build } from "esbuild"
import { projectRoot } from "./list-files.mjs"

const [file, ...rest] = process.argv.slice(2)
if (!file) {
  console.error("usage: node scripts/run-ts.mjs FILE [arguments]")
  process.exit(2)
}

const outfile = join(projectRoot, "node_modules/.cache/nabla", `${basename(file, ".ts")}-${process.pid}.mjs`)
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  tsconfig: join(projectRoot, "tsconfig.json"),
  sourcemap: "inline",
  logLevel: "warning",
})
const run = spawnSync(process.execPath, ["--enable-source-maps", "--expose-gc", outfile, ...rest], {
  stdio: "inherit",
})
rmSync(outfile)
process.exit(run.status ?? 1)
