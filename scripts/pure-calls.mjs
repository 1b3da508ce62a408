/**
 * Marks the calls that make public functions and primitives (`composed(…)`, `elementwise(…)` and so on) as pure, so that
 * every bundler drops those that a program does not use: the functions are marked `@__NO_SIDE_EFFECTS__` in the source,
 * but not all bundlers look across files for that.
 *
 * `node scripts/pure-calls.mjs` does this to the files of dist; it changes nothing the second time.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { projectRoot } from "./list-files.mjs"

const makers =
  "composed|real|rounding|floatProperty|elementwise|unaryOp|binaryOp|compareOp|unary|binary|smooth|extremum|" +
  "ofDiagonal|erase|jacobianBy|activation"

const declaration = new RegExp(
  `^((?:export )?const \\w+(?:: [^=\\n]+)? = )((?:${makers})(?:<[^\\n(]*>)?\\()`,
  "gm",
)

/** @param {string} text a module, as TypeScript or JavaScript */
export function markPureCalls(text) {
  return text.replace(declaration, "$1/* @__PURE__ */ $2")
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = join(projectRoot, "dist")
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".js")) continue
    const file = join(dist, name)
    const text = readFileSync(file, "utf8")
    const marked = markPureCalls(text)
    if (marked !== text) writeFileSync(file, marked)
  }
}
