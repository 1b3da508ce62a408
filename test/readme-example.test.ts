import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { expect, test } from "vitest"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const guides = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"))
const pages = ["README.md", ...guides.map((name) => `docs/${name}`)]

/** Every block of a page that is fenced as TypeScript. */
function codeBlocks(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8")
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code)
}

const examples = pages.flatMap((page) => codeBlocks(page).map((code, index) => ({ page, code, index })))

test("there are examples", () => expect(examples.length).toBeGreaterThan(0))

const limit = { timeout: 90_000 }

test.for(examples)("example $index of $page runs as it is printed", limit, async ({ page, code, index }) => {
  const outfile = join(root, "node_modules/.cache/nabla", `${basename(page)}-${index}-${process.pid}.mjs`)
  await build({
    stdin: { contents: code, loader: "ts", resolveDir: root, sourcefile: `${page}-${index}.ts` },
    absWorkingDir: root,
    tsconfig: join(root, "tsconfig.json"),
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "silent",
  })
  // Examples may write files.
  const cwd = mkdtempSync(join(tmpdir(), "nabla-example-"))
  const run = spawnSync(process.execPath, [outfile], { cwd, encoding: "utf8", timeout: 60_000 })
  rmSync(outfile)
  rmSync(cwd, { recursive: true })
  expect(run.stderr).toBe("")
  expect(run.status).toBe(0)
})
