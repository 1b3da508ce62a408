/** Fails when a file under src has grown past 400 lines: one concept, one file. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { listFiles, projectRoot } from "./list-files.mjs"

const limit = 400

const sizes = listFiles("src", ".ts").map((file) => ({
  file,
  lines: readFileSync(join(projectRoot, file), "utf8").trimEnd().split("\n").length,
}))
const tooLong = sizes.filter(({ lines }) => lines > limit)

for (const { file, lines } of tooLong) console.error(`${file}: ${lines} lines, at most ${limit}`)
console.log(`file sizes: ${sizes.length} files, ${tooLong.length} over ${limit} lines`)
if (sizes.length === 0 || tooLong.length > 0) process.exit(1)
