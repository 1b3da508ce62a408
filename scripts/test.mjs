// npm test: the tests in Node, then the Lab in a browser. The last line counts both: "N passed, N failed, N skipped".
// With arguments (files, -t name) only the tests in Node run, with these arguments.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const args = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), "nabla-test-"))
const counts = join(folder, "counts")

/**
 * @param {string} script
 * @param {string[]} given
 */
function run(script, ...given) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...given], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, NABLA_TEST_COUNTS: counts },
  })
  return status ?? 1
}

const parts = [run("node_modules/vitest/vitest.mjs", "run", ...args)]
if (args.length === 0) parts.push(run("scripts/test-lab.mjs"))

const total = [0, 0, 0]
/** @type {string[]} */
let lines = []
try {
  lines = readFileSync(counts, "utf8").trim().split("\n")
} catch {
  // Nobody got as far as counting.
}
rmSync(folder, { recursive: true, force: true })
for (const line of lines) {
  for (const [i, number] of [...line.matchAll(/\d+/g)].entries()) total[i] += Number(number)
}
// A part that broke before it could count is a failure that no count holds.
const lost = parts.length - lines.length
total[1] += Math.max(0, lost)
console.log(`${total[0]} passed, ${total[1]} failed, ${total[2]} skipped`)
process.exit(parts.find((status) => status !== 0) ?? (lost > 0 ? 1 : 0))
