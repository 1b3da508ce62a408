import type { Progress } from "../../data/node.ts"
import { count } from "../terminal/format.ts"

let told = 0

/** Says on the error output how far a download is: twice a second where it is a terminal, otherwise at its end. */
export function tellDownload({ file, received, total }: Progress): void {
  const whole = received === total
  const { isTTY } = process.stderr
  if (!whole && (!isTTY || performance.now() - told < 500)) return
  told = performance.now()
  const of = total === undefined ? "" : ` of ${count(Math.ceil(total / 1000))}`
  const line = `downloading ${file}: ${count(Math.ceil(received / 1000))}${of} kB`
  process.stderr.write(isTTY ? `\r${line}${whole ? "\n" : ""}` : `${line}\n`)
}
