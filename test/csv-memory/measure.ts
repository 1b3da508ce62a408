import { execFile } from "node:child_process"
import { mkdirSync, rmSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { build } from "esbuild"
import { writeTable } from "./table.ts"

export interface CsvMeasurement {
  readonly rows: number
  readonly loss: number
  readonly fileMegabytes: number
  readonly fit: { readonly seconds: number; readonly megabytes: number }
  readonly epoch: { readonly seconds: number; readonly megabytes: number }
}

/** Writes a table into the folder and streams it through a whitening and an epoch, in a process of its own. */
export async function measureCsv(folder: string, rows: number, columns: number): Promise<CsvMeasurement> {
  const root = process.cwd()
  const program = join(root, "node_modules/.cache/nabla", `csv-memory-${process.pid}.mjs`)
  const path = join(folder, "table.csv")
  mkdirSync(dirname(program), { recursive: true })
  try {
    await build({
      entryPoints: [join(root, "test/csv-memory/stream.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      tsconfig: join(root, "tsconfig.json"),
    })
    await writeTable(path, rows, columns)
    const { stdout } = await promisify(execFile)(process.execPath, [program, path, String(columns)])
    return { ...JSON.parse(stdout), fileMegabytes: Math.round(statSync(path).size / 1e6) }
  } finally {
    rmSync(program, { force: true })
  }
}
