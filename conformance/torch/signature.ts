/** Reads the lines of `signatures.ts` into parameters. */
import { NN_SIGNATURE_LINES } from "../nn-signatures.ts"
import { SIGNATURE_LINES } from "../signatures.ts"

export interface Parameter {
  /** PyTorch's name and its other spellings. */
  readonly names: readonly string[]
  readonly optional: boolean
  /** Whether None means something else than leaving the option out. */
  readonly takesNone: boolean
  readonly form: "one" | "list" | "tensors" | "spread" | "dropped"
  /** The option that stands for this one in nabla, when its meaning differs. */
  readonly becomes: string | null
  /** How an absent dtype is chosen. */
  readonly fill: "float" | "data" | null
}

export interface Signature {
  readonly positional: readonly Parameter[]
  readonly options: readonly Parameter[]
}

export function parseSignature(line: string): Signature {
  const [positional, options = ""] = line.split("|")
  const parameters = (text: string) => text.trim().split(/\s+/).filter(Boolean).map(parseParameter)
  return { positional: parameters(positional), options: parameters(options) }
}

function parseParameter(text: string): Parameter {
  const match = /^(~|\.\.\.)?(.+?)(\*|\[\]|\?|!)?$/.exec(text.replace(/[>=].*$/, ""))
  if (!match) throw new Error(`no parameter: ${text}`)
  const [, prefix, names, suffix] = match
  const spellings = names.split("/").map((name) => name.replace(/[*?]|\[\]/g, ""))
  return {
    names: spellings,
    optional: names.includes("?") || suffix === "?",
    takesNone: suffix === "!",
    form: formOf(prefix, names + (suffix ?? "")),
    becomes: />(.*)$/.exec(text)?.[1] ?? null,
    fill: (/=(float|data)$/.exec(text)?.[1] ?? null) as Parameter["fill"],
  }
}

function formOf(prefix: string | undefined, names: string): Parameter["form"] {
  if (prefix === "~") return "dropped"
  if (prefix === "...") return "spread"
  if (names.includes("*")) return "list"
  return names.includes("[]") ? "tensors" : "one"
}

const functions = tableOf(SIGNATURE_LINES)
const classes = tableOf(NN_SIGNATURE_LINES)

function tableOf(lines: readonly (readonly [names: string, parameters: string])[]): Map<string, Signature> {
  return new Map(
    lines.flatMap(([names, line]) => {
      const signature = parseSignature(line)
      return names.split(" ").map((name) => [name, signature] as const)
    }),
  )
}

/** The signature of `linalg.norm`, else of `norm`; undefined when the table does not know the function. */
export function findSignature(qualifier: string, name: string): Signature | undefined {
  return functions.get(`${qualifier}.${name}`) ?? functions.get(name)
}

/** The signature of a constructor of `torch.nn`. */
export function findClassSignature(name: string): Signature | undefined {
  return classes.get(name)
}
