// Takes the pictures of docs/lab/pictures, in light and dark, from the Lab as it is.
//
//   npm run lab:pictures                    all of them
//   npm run lab:pictures -- playground      those whose names begin so
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { chromium } from "@playwright/test"
import { build, preview } from "vite"
import { findChromium } from "./chromium.mjs"

/** @typedef {import("@playwright/test").Page} Page */

/**
 * A screen: its address, its size, and what is done there before it is taken.
 *
 * @type {Record<string, { address: string, size: [number, number], act: (page: Page) => Promise<void> }>}
 */
const screens = {
  playground: {
    // Some hundred epochs, and the same ones each time.
    address:
      "playground?v=1&dataset=spiral&networkShape=8,6&xSquared=1&ySquared=1&sinX=1&sinY=1&optimizer=adam&stopEpoch=150&speed=max",
    size: [1440, 900],
    act: playToTheEnd,
  },
  "playground-phone": {
    address: "playground?v=1&dataset=circle&stopEpoch=150&speed=max",
    size: [390, 844],
    act: playToTheEnd,
  },
}

/** @param {Page} page */
async function playToTheEnd(page) {
  await page.getByRole("button", { name: "Play" }).click()
  await page.getByText("Stopped: epoch").waitFor()
}

const executablePath = await findChromium()
if (executablePath === null) {
  console.error("there is no Chromium here: install it, or name it in NABLA_CHROMIUM")
  process.exit(1)
}
const root = fileURLToPath(new URL("..", import.meta.url))
const wanted = process.argv.slice(2)
const outDir = await mkdtemp(join(tmpdir(), "lab-pictures-"))
const configFile = `${root}apps/lab/vite.config.ts`
await build({ configFile, logLevel: "warn", build: { outDir, emptyOutDir: true } })
const server = await preview({ configFile, build: { outDir }, preview: { host: "127.0.0.1", port: 4197 } })
const browser = await chromium.launch({
  executablePath,
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
})
try {
  for (const [name, { address, size, act }] of Object.entries(screens)) {
    if (wanted.length > 0 && !wanted.some((start) => name.startsWith(start))) continue
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      const page = await browser.newPage({ viewport: { width: size[0], height: size[1] }, colorScheme })
      await page.goto(`${server.resolvedUrls?.local[0]}#/${address}`)
      await act(page)
      await page.screenshot({ path: `${root}docs/lab/pictures/${name}-${colorScheme}.png` })
      await page.close()
      console.log(`docs/lab/pictures/${name}-${colorScheme}.png`)
    }
  }
} finally {
  await browser.close()
  await server.close()
  await rm(outDir, { recursive: true })
}
