import { signatures } from "virtual:nabla-signatures"
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete"
import type { EditorView } from "@codemirror/view"
import type { Signature } from "../../vite/signatures.ts"
import { labFunctions } from "./lab-functions.ts"

/** Completes what nabla exports, its namespaces, tensors' methods, modules in imports, and the Lab's own functions. */
export function complete(context: CompletionContext): CompletionResult | null {
  const text = context.state.doc.toString()
  const line = context.state.doc.lineAt(context.pos)
  const before = line.text.slice(0, context.pos - line.from)
  const [specifier] = /(?<=from\s*["'])[\w/]*$/.exec(before) ?? []
  if (specifier !== undefined) {
    const options = Object.keys(signatures).map((label) => ({ label, type: "namespace" }))
    return { from: context.pos - specifier.length, options }
  }
  const word = /[\w$]*$/.exec(before)![0]
  const from = context.pos - word.length
  if (/\bimport\s*(type\s*)?\{[^}]*$/.test(before)) {
    const module = /from\s*["']([^"']+)["']/.exec(line.text)?.[1] ?? "nabla"
    return {
      from,
      options: Object.entries(signatures[module] ?? {}).map((it) => option(...it)),
      validFor: /^[\w$]*$/,
    }
  }
  const owner = /([\w$)\]]+)\s*\.\s*[\w$]*$/.exec(before)?.[1]
  if (owner !== undefined) {
    const module = namespaces(text).get(owner)
    if (owner === "console" || owner === "Math" || owner === "Object") return null
    return { from, options: module === undefined ? methods : exportsOf(module), validFor: /^[\w$]*$/ }
  }
  if (word === "" && !context.explicit) return null
  return { from, options: words, validFor: /^[\w$]*$/ }
}

const types = { function: "function", class: "class", constant: "constant", namespace: "namespace" } as const

function option(label: string, { kind, signature, doc }: Signature): Completion {
  return {
    label,
    type: types[kind],
    detail: cut(signature.slice(label.length)),
    info: `${signature}\n${doc}`,
  }
}

const cut = (text: string): string => (text.length > 48 ? `${text.slice(0, 47)}…` : text)

const exportsOf = (module: string): Completion[] =>
  Object.entries(signatures[module] ?? {}).map((it) => option(...it))

const methods: Completion[] = Object.entries(signatures.nabla ?? {})
  .filter(([, { method }]) => method)
  .map(([name, it]) => {
    // The tensor stands before the dot.
    const signature = it.signature.replace(/\([^,)]*(, )?/, "(")
    return { ...option(name, { ...it, signature }), type: "method" }
  })

/** Choosing an export of nabla that has not been imported imports it. */
const words: Completion[] = [
  ...labFunctions.map(({ name, signature, doc }) => ({
    ...option(name, { kind: "function", signature, doc }),
    boost: 2,
  })),
  ...Object.entries(signatures.nabla ?? {}).map(([name, it]) => ({
    ...option(name, it),
    apply: (view: EditorView, _: Completion, from: number, to: number) =>
      view.dispatch(
        { changes: [...importChange(view.state.doc.toString(), name), { from, to, insert: name }] },
        { scrollIntoView: true },
      ),
  })),
]

/** What makes a script import a name of nabla; nothing when it knows the name already. */
export function importChange(text: string, name: string): { from: number; insert: string }[] {
  const imports = [...text.matchAll(/import\s[^"']*?["'][^"']*["']/g)].map(([it]) => it)
  if (imports.some((it) => new RegExp(`[\\s{,]${name.replace("$", "\\$")}[\\s},]`).test(it))) return []
  const found = /import\s*\{([^}]*?)\s*,?\s*\}\s*from\s*["']nabla["']/.exec(text)
  if (found === null) return [{ from: 0, insert: `import { ${name} } from "nabla"\n` }]
  const names = found[1]!
  const at = found.index + found[0].indexOf("{") + 1 + names.length
  return [{ from: at, insert: `${names.trim() === "" ? " " : ", "}${name}` }]
}

/** The modules that names of a script stand for: `import * as nn from "nabla/nn"`, `import { nn } from "nabla"`. */
export function namespaces(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, name, module] of text.matchAll(/import\s*\*\s*as\s+([\w$]+)\s+from\s*["']([^"']+)["']/g))
    found.set(name!, module!)
  for (const [, names, module] of text.matchAll(/import\s*\{([^}]*)\}\s*from\s*["']([^"']+)["']/g)) {
    for (const part of names!.split(",")) {
      const [name, alias = name] = part.trim().split(/\s+as\s+/)
      const target = signatures[module!]?.[name!]?.module
      if (target !== undefined) found.set(alias!, target)
    }
  }
  return found
}
