import { NablaError } from "../base/index.ts"
import type { Node, Origin } from "../graph/index.ts"

/** Path of the innermost module that an operation was made in, or "". */
export function moduleOf(origin: Origin | null): string {
  for (let at = origin; at !== null; at = at.parent)
    if (at.kind === "module" && at.name !== "") return at.name
  return ""
}

/** The function that was called in that module. */
function functionOf(origin: Origin | null): string {
  let name = ""
  for (let at = origin; at !== null && at.kind === "function"; at = at.parent) name = at.name
  return name
}

/** An error that says which operation of which module cannot be written. */
export function inexpressible(
  { nodes: [node] }: { readonly nodes: readonly Node[] },
  message: string,
  more: { readonly expected?: string; readonly hint?: string } = {},
): NablaError {
  const { origin, op } = node!
  const where = [moduleOf(origin), functionOf(origin)].filter((part) => part !== "").join(": ")
  return new NablaError("NABLA_ONNX_UNSUPPORTED", {
    message,
    where: where === "" ? "exportOnnx" : where,
    got: op.name,
    ...more,
  })
}
