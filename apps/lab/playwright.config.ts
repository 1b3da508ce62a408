import { defineConfig } from "@playwright/test"

/** Run by `npm run test:lab`, which finds Chromium, builds the Lab and chooses the port. */
const {
  LAB_CHROMIUM: chromium = "/usr/bin/chromium",
  LAB_PORT: port = "4191",
  LAB_DIST: dist = "dist",
} = process.env
const address = `http://127.0.0.1:${port}/`

export default defineConfig({
  testDir: "tests",
  outputDir: "../../node_modules/.cache/lab-tests",
  fullyParallel: true,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: [["line"], ["./tests/closing-line-reporter.ts"]],
  use: {
    baseURL: address,
    viewport: { width: 1440, height: 900 },
    serviceWorkers: "block",
    launchOptions: { executablePath: chromium, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] },
  },
  webServer: {
    command: `node ../../node_modules/vite/bin/vite.js preview --host 127.0.0.1 --port ${port} --strictPort --outDir ${dist}`,
    url: address,
    reuseExistingServer: false,
  },
})
