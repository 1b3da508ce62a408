import { existsSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build, type Metafile, type Plugin } from "esbuild"
import { expect, test } from "vitest"
import { markPureCalls } from "../scripts/pure-calls.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What a page may import. The entries that end in `/node` and the command line run in Node only. */
const entries = [
  "src/index.ts",
  "src/nn/index.ts",
  "src/optim/index.ts",
  "src/schedules/index.ts",
  "src/surfaces/index.ts",
  "src/diagnostics/index.ts",
  "src/data/index.ts",
  "src/io/index.ts",
  "src/onnx/index.ts",
  "src/train/index.ts",
]

const builtins = new Set(builtinModules)

/** `node:fs`, `fs`, `fs/promises`: everything that only Node can resolve. */
function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtins.has(specifier)
}

/** What the build does to each file, so that bundlers drop what a program does not use. */
const asBuilt: Plugin = {
  name: "as built",
  setup({ onLoad }) {
    onLoad({ filter: /src[/\\].*[.]ts$/ }, ({ path }) => ({
      contents: markPureCalls(readFileSync(path, "utf8")),
      loader: "ts",
    }))
  },
}

/** Bundles a program as a page would; built-ins stay as external imports, so that they can be counted. */
async function bundleForBrowser(program: string): Promise<{ metafile: Metafile; code: Uint8Array }> {
  const result = await build({
    stdin: { contents: program, resolveDir: root, loader: "ts" },
    plugins: [asBuilt],
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

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`

/** Says how large a bundle is, and gives its compressed size. */
function report(name: string, code: Uint8Array): number {
  const compressed = gzipSync(code).length
  console.log(`${name}: ${kilobytes(code.length)} minified, ${kilobytes(compressed)} gzipped`)
  return compressed
}

test.for(entries)("%s bundles for the browser without a Node built-in", async (entry) => {
  expect(existsSync(join(root, entry)), `${entry} is a public entry point and must exist`).toBe(true)
  const { metafile, code } = await bundleForBrowser(`export * from "./${entry}"`)
  report(entry, code)
  expect(reachedBuiltins(metafile)).toEqual([])
  expect(staticPackages(metafile)).toEqual([])
})

/** Packages that a page would load at once. Parsers of files are loaded when the first file is read. */
function staticPackages(metafile: Metafile): string[] {
  const isPackage = (file: string): boolean => file.includes("node_modules")
  return Object.entries(metafile.inputs).flatMap(([file, input]) =>
    input.imports
      .filter(({ path, kind }) => isPackage(path) && !isPackage(file) && kind !== "dynamic-import")
      .map(({ path }) => `${file} → ${path}`),
  )
}

test("a Node built-in would be noticed", async () => {
  const file = "test/browser-bundle.test.ts"
  const metafile = {
    inputs: { [file]: { bytes: 0, imports: [{ path: "fs/promises", kind: "dynamic-import" }] } },
  }
  expect(reachedBuiltins({ ...metafile, outputs: {} } as Metafile)).toEqual([`${file} → fs/promises`])
})

/** Programs that a page may load, and how large they may be: kilobytes, compressed. */
const programs: readonly [name: string, limit: number, program: string][] = [
  [
    "a network of nabla/nn alone",
    80,
    `import { Linear, ReLU, Sequential } from "./src/nn/index.ts"
     export const model = new Sequential(new Linear(784, 256), new ReLU(), new Linear(256, 10))`,
  ],
  [
    "training with tensors, networks, optimizers and the wasm device",
    120,
    `import { compile, manualSeed, noGrad, randn, tensor } from "./src/tensor/index.ts"
     import * as nn from "./src/nn/index.ts"
     import { AdamW, SGD } from "./src/optim/index.ts"
     manualSeed(1)
     const model = new nn.Sequential(
       new nn.Conv2d(1, 8, 5), new nn.BatchNorm2d(8), new nn.ReLU(), new nn.MaxPool2d(2),
       new nn.Flatten(), new nn.Dropout(0.1), new nn.Linear(1152, 10))
     const optimizer = new AdamW(model.parameters(), { lr: 1e-3 })
     export const other = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
     export const step = compile((x, y) => {
       const loss = nn.crossEntropy(model.forward(x), y)
       optimizer.zeroGrad()
       loss.backward()
       optimizer.step()
       return loss
     })
     step(randn([4, 1, 28, 28]), tensor([1, 2, 3, 4], { dtype: "int32" }))
     export const answer = noGrad(() => model.forward(randn([1, 1, 28, 28])).argmax(1))`,
  ],
]

test.for(programs)("%s takes at most %i kB", async ([name, limit, program]) => {
  const { code } = await bundleForBrowser(program)
  expect(report(name, code)).toBeLessThanOrEqual(1000 * limit)
})
