/**
 * Checks the layer table (.dependency-cruiser.mjs). Fails on a broken rule, and also when fewer files were
 * cruised than lie under src (a cruiser that cannot read TypeScript would report success on nothing) or when a file
 * lies outside of every layer.
 */
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { layers } from "../.dependency-cruiser.mjs"
import { listFiles, projectRoot } from "./list-files.mjs"

const folders = ["src", "bench", "conformance", "examples", "apps"].filter((folder) =>
  existsSync(join(projectRoot, folder)),
)
if (!folders.includes("src")) fail("there is no src folder")

const result = JSON.parse(runCruiser(folders))
/** @type {{ from: string, to: string, rule: { name: string }, cycle?: { name: string }[] }[]} */
const violations = result.summary.violations
/** @type {string[]} */
const cruised = result.modules.map((/** @type {{ source: string }} */ module) => module.source)

const seen = new Set(cruised)
const expected = listFiles("src", ".ts")
const stray = expected.filter(
  (file) => !/^src\/(index|node)[.]ts$/.test(file) && !layers.includes(file.split("/")[1]),
)
const missed = expected.filter((file) => !seen.has(file))

for (const { from, to, rule, cycle } of violations) {
  const path = cycle?.length ? cycle.map((step) => step.name).join(" → ") : to
  console.error(`${rule.name}: ${from} → ${path}`)
}
console.log(`${cruised.length} modules cruised, ${expected.length} of them expected under src`)

if (expected.length === 0) fail("no .ts file under src")
if (missed.length > 0) fail(`${missed.length} files were not cruised: ${missed.slice(0, 10).join(", ")}`)
if (stray.length > 0) fail(`in no layer: ${stray.join(", ")}`)
if (violations.length > 0) fail(`${violations.length} imports break a layer rule`)
console.log("layers: ok")

/**
 * @param {string[]} folders
 * @returns {string} the cruise result as JSON
 */
function runCruiser(folders) {
  const binary = join(projectRoot, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs")
  const options = ["--config", ".dependency-cruiser.mjs", "--output-type", "json"]
  // The JSON reporter exits 0 whatever it found; any other code means that the cruise itself failed.
  return execFileSync(process.execPath, [binary, ...options, ...folders], {
    cwd: projectRoot,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  })
}

/** @param {string} message */
function fail(message) {
  console.error(`layers: ${message}`)
  process.exit(1)
}
