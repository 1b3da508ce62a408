import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { expect, test } from "@playwright/test"

/** What the first page needs: its HTML, and the scripts and styles that it names. */
test("the app's shell is at most 150 kB, gzipped", () => {
  const dist = process.env.LAB_DIST ?? "apps/lab/dist"
  const html = readFileSync(`${dist}/index.html`, "utf8")
  const files = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, file]) => file!)
  expect(files.length).toBeGreaterThan(0)
  const size = [html, ...files.map((file) => readFileSync(`${dist}/${file}`))]
    .map((content) => gzipSync(content).length)
    .reduce((sum, length) => sum + length)
  console.log(`the app's shell: ${(size / 1000).toFixed(1)} kB gzipped in ${files.length + 1} files`)
  expect(size).toBeLessThanOrEqual(150_000)
})
