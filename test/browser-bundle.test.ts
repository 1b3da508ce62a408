import { existsSync } from "node:fs"
import { builtinModules } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build, type Metafile } from "esbuild"
import { expect, test } from "vitest"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What a page may import. The entries that end in `/node` and the command line run in Node only. */
const entries = [
  "src/index.ts",
  "src/nn/index.ts",
  "src/optim/index.ts",
  "src/data/index.ts",
  "src/io/index.ts",
  "src/train/index.ts",
]

const builtins = new Set(builtinModules)

/** `node:fs`, `fs`, `fs/promises`: everything that only Node can resolve. */
function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtins.has(specifier)
}

/** Bundles one entry as a page would; built-ins stay as external imports, so that they can be counted. */
async function bundleForBrowser(entry: string): Promise<{ metafile: Metafile; code: Uint8Array }> {
  const result = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: "bundle",
    platform: "browser",
    format: "esm",
    target: "es2022",
    external: ["node:*", ...builtins],
    logLevel: "silent",
  })
  return { metafile: result.metafile, code: result.outputFiles[0].contents }
}

/** Every reached built-in as `file → built-in`, static, dynamic and required imports alike. */
function reachedBuiltins(metafile: Metafile): string[] {
  return Object.entries(metafile.inputs).flatMap(([file, input]) =>
    input.imports.filter(({ path }) => isBuiltin(path)).map(({ path }) => `${file} → ${path}`),
  )
}

test.for(entries)("%s bundles for the browser without a Node built-in", async (entry) => {
  expect(existsSync(join(root, entry)), `${entry} is a public entry point and must exist`).toBe(true)
  const { metafile, code } = await bundleForBrowser(entry)
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
  console.log(`${entry}: ${kilobytes(code.length)} minified, ${kilobytes(gzipSync(code).length)} gzipped`)
  expect(reachedBuiltins(metafile)).toEqual([])
  expect(Object.keys(metafile.inputs).filter((file) => file.includes("node_modules"))).toEqual([])
})

test("a Node built-in would be noticed", async () => {
  const file = "test/browser-bundle.test.ts"
  const metafile = {
    inputs: { [file]: { bytes: 0, imports: [{ path: "fs/promises", kind: "dynamic-import" }] } },
  }
  expect(reachedBuiltins({ ...metafile, outputs: {} } as Metafile)).toEqual([`${file} → fs/promises`])
})
