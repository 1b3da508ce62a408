// Tests the Lab as a person would use it: builds it, serves it, and drives it in Chromium.
//
//   npm run test:lab                     all of it
//   npm run test:lab -- experiments -g Adam    what Playwright's arguments select
//   LAB_DIST=folder                      where the build goes (default: apps/lab/dist)
import { spawnSync } from "node:child_process"
import { appendFileSync } from "node:fs"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { findChromium } from "./chromium.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const counts = process.env.NABLA_TEST_COUNTS

/**
 * @param {string} line
 * @param {number} code
 * @returns {never}
 */
function end(line, code) {
  if (counts !== undefined) appendFileSync(counts, `${line}\n`)
  else console.log(line)
  process.exit(code)
}

const chromium = await findChromium()
if (chromium === null) {
  console.log(
    "skipped: the Lab in a browser: there is no Chromium here; install it (apt-get install chromium, or " +
      "npx playwright install chromium), or name it in NABLA_CHROMIUM",
  )
  end("0 passed, 0 failed, 1 skipped", 0)
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} environment
 */
const run = (command, args, environment = {}) =>
  spawnSync(process.execPath, [`${root}node_modules/${command}`, ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...environment },
  }).status ?? 1

const dist = process.env.LAB_DIST ?? `${root}apps/lab/dist`
const built = run("vite/bin/vite.js", [
  ...["build", "apps/lab", "--config", "apps/lab/vite.config.ts"],
  ...["--outDir", dist, "--emptyOutDir", "--logLevel", "warn"],
])
if (built !== 0) end("0 passed, 1 failed, 0 skipped", built)

const port = await new Promise((resolve, reject) => {
  const server = createServer()
  server.once("error", reject)
  server.listen(0, "127.0.0.1", () => {
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address())
    server.close(() => resolve(port))
  })
})
process.exit(
  run("@playwright/test/cli.js", ["test", "-c", "apps/lab/playwright.config.ts", ...process.argv.slice(2)], {
    LAB_CHROMIUM: chromium,
    LAB_PORT: String(port),
    LAB_DIST: dist,
  }),
)
