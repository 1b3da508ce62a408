import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

// Found from wherever this file was bundled to.
let root = dirname(fileURLToPath(import.meta.url))
while (!existsSync(join(root, "package.json"))) root = dirname(root)

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The command `nabla`, bundled once from the sources, and a folder for its files. */
export class CommandLine {
  readonly folder = mkdtempSync(join(tmpdir(), "nabla-cli-"))
  // Beside the packages that it imports. The library is a module of its own, which scripts share with the command.
  private readonly program = join(root, `node_modules/.cache/nabla/cli-${process.pid}`)
  readonly library = join(this.program, "nabla.js")

  async build(): Promise<void> {
    await build({
      entryPoints: { main: join(root, "src/cli/main.ts"), nabla: join(root, "src/index.ts") },
      outdir: this.program,
      splitting: true,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      logLevel: "silent",
    })
  }

  start(...args: string[]): ChildProcess {
    return this.startIn(this.folder, ...args)
  }

  private startIn(cwd: string, ...args: string[]): ChildProcess {
    return spawn(process.execPath, [join(this.program, "main.js"), ...args], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
    })
  }

  run(...args: string[]): Promise<Ended> {
    return ended(this.start(...args))
  }

  /** Runs the command in another folder than that for its files. */
  runIn(folder: string, ...args: string[]): Promise<Ended> {
    return ended(this.startIn(folder, ...args))
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  /** Writes files into a folder of that name and gives its path. */
  files(name: string, contents: Record<string, Uint8Array>): string {
    mkdirSync(this.path(name), { recursive: true })
    for (const [file, bytes] of Object.entries(contents)) writeFileSync(this.path(name, file), bytes)
    return this.path(name)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
    rmSync(this.program, { recursive: true, force: true })
  }
}

/** Waits for the end of a process with all that it wrote. */
export function ended(child: ChildProcess): Promise<Ended> {
  let [out, err] = ["", ""]
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk))
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk))
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, out, err }))
  })
}

/** An IDX file of bytes. */
export function idx(shape: readonly number[], bytes: ArrayLike<number>): Uint8Array {
  const header = shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255])
  return Uint8Array.from([0, 0, 8, shape.length, ...header, ...Array.from(bytes)])
}

/** n images of bright quarters: class k is lit in the k-th quarter. */
export function quarters(n: number, side = 8): { images: Uint8Array; labels: Uint8Array } {
  const labels = Array.from({ length: n }, (_, i) => i % 4)
  const pixel = (label: number, at: number) => {
    const [row, column] = [Math.floor(at / side), at % side]
    return (row < side / 2 ? 0 : 2) + (column < side / 2 ? 0 : 1) === label ? 250 - (at % 7) : at % 5
  }
  const pixels = labels.flatMap((label) => Array.from({ length: side * side }, (_, at) => pixel(label, at)))
  return { images: idx([n, side, side], pixels), labels: idx([n], labels) }
}
