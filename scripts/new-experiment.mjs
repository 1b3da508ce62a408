// npm run lab:new -- 24-name: an experiment of the Lab that works, to be changed into the one that is wanted.
// See docs/lab/adding-an-experiment.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const folder =
  process.env.LAB_EXPERIMENTS ?? fileURLToPath(new URL("../apps/lab/src/experiments", import.meta.url))
const [name = ""] = process.argv.slice(2)
const [, number, words] = /^(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(name) ?? []
if (number === undefined) {
  console.error(
    "usage: npm run lab:new -- NN-name, as in 24-weight-decay: its place in the course, and its address",
  )
  process.exit(2)
}
const target = join(folder, name)
if (existsSync(target)) {
  console.error(`there is a folder ${target} already`)
  process.exit(1)
}

const title = words.replaceAll("-", " ").replace(/^./, (first) => first.toUpperCase())
// The files of the guide, so that it cannot say anything else than what is made.
const guide = readFileSync(new URL("../docs/lab/adding-an-experiment.md", import.meta.url), "utf8")
const files = [...guide.matchAll(/^### `([\w.]+)`\n[\s\S]*?^```\w+\n([\s\S]*?)^```$/gm)]
mkdirSync(target)
for (const [, file, text] of files) {
  writeFileSync(
    join(target, file),
    text.replaceAll("NUMBER", String(Number(number))).replaceAll("TITLE", title),
  )
}
console.log(`${files.length} files in ${target}`)
