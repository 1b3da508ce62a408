/** Python's number and string literals. Integers become bigint, floats become number. */
import type { Literal } from "./syntax.ts"
import { type Node, PythonSyntaxError } from "./tree.ts"

export function parseNumber(node: Node): Literal {
  const text = node.text.replaceAll("_", "")
  if (/j$/i.test(text)) throw new PythonSyntaxError(node, "complex numbers are not supported")
  if (/^0[xob]/i.test(text) || /^\d+$/.test(text)) return BigInt(text)
  return Number(text)
}

/** The value of one string token; a `b` or `f` prefix is not handled here. */
export function parseString(node: Node): string {
  const match = /^([a-zA-Z]*)("""|'''|"|')([\s\S]*)\2$/.exec(node.text)
  if (!match) throw new PythonSyntaxError(node, "unknown string form")
  return /r/i.test(match[1]) ? match[3] : unescapeText(match[3])
}

const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", "0": "\0", "\n": "" }

export function unescapeText(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\s\S])/g, (_, code: string) => {
    if (/^[xu].+/.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    return escapes[code] ?? (`\\'"`.includes(code) ? code : `\\${code}`)
  })
}
