import { once } from "node:events"
import { createWriteStream } from "node:fs"

/** Rows that are written at once. */
const TOGETHER = 2000

/** Writes a CSV of correlated numbers, x0 … and a target y that they settle; the same for the same sizes. */
export async function writeTable(path: string, rows: number, columns: number): Promise<void> {
  const file = createWriteStream(path)
  const names = Array.from({ length: columns }, (_, j) => `x${j}`)
  file.write(`${names.join(",")},y\n`)
  let state = 12345
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  for (let begin = 0; begin < rows; begin += TOGETHER) {
    const lines: string[] = []
    for (let i = begin; i < Math.min(rows, begin + TOGETHER); i++) {
      const common = draw()
      const fields = names.map((_, j) => (common + (j + 1) * 0.1 * draw() + j).toFixed(5))
      lines.push(`${fields.join(",")},${common > 0 ? 1 : 0}`)
    }
    if (!file.write(`${lines.join("\n")}\n`)) await once(file, "drain")
  }
  file.end()
  await once(file, "finish")
}
