import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^nabla$/, replacement: source("node.ts") },
      { find: /^nabla\/(\w+)\/node$/, replacement: source("$1/node.ts") },
      { find: /^nabla\/(\w+)$/, replacement: source("$1/index.ts") },
    ],
  },
  test: {
    include: [
      "src/**/*.test.ts",
      "conformance/**/*.test.ts",
      "test/**/*.test.ts",
      "examples/**/*.test.ts",
      "apps/lab/src/**/*.test.ts",
    ],
    pool: "forks",
    maxWorkers: 2,
    execArgv: ["--expose-gc"],
    testTimeout: 30_000,
    passWithNoTests: false,
    reporters: ["default", "./test/closing-line-reporter.ts"],
  },
})
