import { transform } from "sucrase"
import { modules } from "./modules.ts"
import type { ScriptProblem } from "./view.ts"

type Scope = Readonly<Record<string, unknown>>

/** An async function of a text; its constructor has no name of its own. */
const AsyncFunction = (async () => {}).constructor as new (
  ...parts: string[]
) => (...values: unknown[]) => Promise<void>

/** What an engine puts before a function's text, in lines: found out, since engines differ. */
const HEADER = "header.probe"
const FILE = "script.ts"

/**
 * Runs a script of TypeScript or JavaScript: types are taken off, imports of nabla's modules are given, `await` may stand
 * anywhere.
 *
 * @param scope what it can use without importing it
 */
export async function runScript(source: string, scope: Scope): Promise<void> {
  const { code } = transform(source, {
    transforms: ["typescript", "imports"],
    disableESTransforms: true,
    preserveDynamicImport: true,
  })
  const loaded = await loadImports(code)
  const require = (specifier: string): object => loaded.get(specifier) ?? unknownModule(specifier)
  const names = Object.keys(scope)
  const script = new AsyncFunction("require", "exports", ...names, `${code}\n//# sourceURL=${FILE}`)
  await script(require, {}, ...names.map((name) => scope[name]))
}

/** What went wrong, for whoever wrote the script. */
export function problemOfScript(error: unknown): ScriptProblem {
  if (!(error instanceof Error)) return { message: `the script threw ${String(error)}` }
  const { loc, detail } = error as Error & {
    loc?: { line: number }
    detail?: { message: string; where?: string; expected?: string; got?: string; hint?: string }
  }
  if (loc !== undefined)
    return { message: error.message.replace(/^Error transforming [^:]*: /, ""), line: loc.line }
  const line = lineOf(error)
  const place = line === undefined ? {} : { line }
  if (detail === undefined) return { message: `${error.name}: ${error.message}`, ...place }
  const { message, where, expected, got, hint } = detail
  const parts = [where && `in ${where}`, expected && `expected ${expected}`, got && `got ${got}`].filter(
    Boolean,
  )
  return {
    message: parts.length === 0 ? message : `${message} (${parts.join("; ")})`,
    ...(hint === undefined ? {} : { hint }),
    ...place,
  }
}

async function loadImports(code: string): Promise<Map<string, object>> {
  const asked = [...code.matchAll(/\brequire\((['"])([^'"]+)\1\)/g)].map(([, , specifier]) => specifier!)
  const loads = [...new Set(asked)].map(
    async (specifier): Promise<[string, object]> => [
      specifier,
      await (modules[specifier]?.() ?? unknownModule(specifier)),
    ],
  )
  return new Map(await Promise.all(loads))
}

function unknownModule(specifier: string): never {
  throw new Error(
    `“${specifier}” cannot be imported here: a script can import ${Object.keys(modules).join(", ")}`,
  )
}

/** The line of the script in a stack: the first place in it that is in the script. */
function lineOf({ stack = "" }: Error): number | undefined {
  const [, line] = new RegExp(`${FILE}:(\\d+)`).exec(stack) ?? []
  if (line === undefined) return undefined
  const own = Number(line) - headerLines()
  return own >= 1 ? own : undefined
}

let header: number | undefined

function headerLines(): number {
  if (header !== undefined) return header
  const probe = new Function("a", `throw new Error()\n//# sourceURL=${HEADER}`) as () => void
  try {
    probe()
  } catch (error) {
    const [, line] =
      new RegExp(`${HEADER.replace(".", "\\.")}:(\\d+)`).exec((error as Error).stack ?? "") ?? []
    header = line === undefined ? 2 : Number(line) - 1
  }
  return header ?? 2
}
