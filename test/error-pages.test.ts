import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { errorPages } from "../src/base/index.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

test("docs/errors.md has a section for every code, with the advice that the code gives", () => {
  const [, ...sections] = readFileSync(join(root, "docs/errors.md"), "utf8").split(/^## /m)
  const advice = sections.map((section) => {
    const [, code, when, todo] = /^(\w+)\n\n(.+)\n\nWhat to do: (.+)\.\n*$/.exec(section) ?? []
    expect(when, section).toBeTruthy()
    return [code, todo]
  })
  expect(advice).toEqual(Object.entries(errorPages))
})
