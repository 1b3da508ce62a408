import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { measureCsv } from "./measure.ts"

// npm run soak:csv -- [ROWS] [COLUMNS]: the most memory that streaming a large CSV takes.

const LIMIT = 500
const [rows = "1000000", columns = "30"] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), "nabla-csv-"))
try {
  const { fit, epoch, ...rest } = await measureCsv(folder, Number(rows), Number(columns))
  console.log(
    `${rest.rows} rows of ${columns} columns, ${rest.fileMegabytes} MB; loss ${rest.loss.toFixed(4)}`,
  )
  console.log(`whitening fitted: ${fit.seconds} s, peak ${fit.megabytes} MB`)
  console.log(`one epoch:        ${epoch.seconds} s, peak ${epoch.megabytes} MB (limit ${LIMIT} MB)`)
  if (epoch.megabytes >= LIMIT) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
