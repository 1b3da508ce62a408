/**
 * Joins the built modules into a few files for Node, which spends more time on finding and linking hundreds of modules
 * than on running them. All entries are joined together and share what they have in common, so that there is one
 * Tensor, whichever of them a program imports. Browsers' bundlers take the modules one by one, as tsc wrote them.
 *
 * The entries are the targets of the condition `node` in package.json, and the command line.
 */
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import { projectRoot } from "./list-files.mjs"

const BUNDLED = "./dist/bundled/"

/** @type {{ exports: Record<string, string | { node?: string }>, bin: Record<string, string> }} */
const { exports, bin } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"))
const conditions = Object.values(exports).map((entry) => (typeof entry === "string" ? undefined : entry.node))
const entryPoints = [...conditions, ...Object.values(bin)].flatMap((path) => {
  if (!path?.startsWith(BUNDLED)) return []
  const out = path.slice(BUNDLED.length).replace(/[.]js$/, "")
  return [{ in: join(projectRoot, "dist", `${out}.js`), out }]
})

rmSync(join(projectRoot, BUNDLED), { recursive: true, force: true })
await build({
  entryPoints,
  outdir: join(projectRoot, BUNDLED),
  bundle: true,
  splitting: true,
  chunkNames: "shared/[name]-[hash]",
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  // Less text is read faster; names stay, for the sake of stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: "warning",
})
