import type { DType } from "../../base/index.ts"
import { formatShape, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { resultType, toNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"

/** A tensor whose dimensions have names. Each name occurs once. */
interface Labelled {
  readonly node: Node
  readonly labels: readonly string[]
}

interface Equation {
  readonly operands: readonly (readonly string[])[]
  readonly output: readonly string[]
}

/**
 * Sums of products in Einstein's notation, with all of PyTorch's equation language: `"ij,jk->ik"`, several operands,
 * repeated labels (diagonals), an ellipsis for any leading dimensions (which broadcast), and an implicit output (the
 * labels that occur once, in alphabetical order). A size of 1 broadcasts against any other. Operands are contracted in
 * pairs, those first whose product is smallest.
 */
export const einsum = composed("einsum", (equation: string, ...operands: readonly Tensor[]): Tensor => {
  const tensors = operands.length === 1 && Array.isArray(operands[0]) ? (operands[0] as Tensor[]) : operands
  const { operands: labels, output } = parse(equation, tensors)
  const type = resultType(...tensors)
  const dtype: DType = type === "bool" ? "int32" : type
  const sizes = labelSizes(equation, labels, tensors)
  let terms = tensors.map((t, i) =>
    squeezed(withDiagonals({ node: toNode(t, dtype), labels: labels[i]! }), sizes),
  )
  while (terms.length > 1) terms = contractBest(terms, output)
  const [last] = terms
  const only = sumAway(last!, (label) => output.includes(label))
  return wrap(
    ops.permute(
      only.node,
      output.map((label) => only.labels.indexOf(label)),
    ),
  )
})

function invalid(equation: string, message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, where: `einsum "${equation}"`, expected, got })
}

// The equation ---------------------------------------------------------------------------------------------------------

/** Dimensions that an ellipsis stands for are named ".n", counted from the last. */
const hidden = (fromEnd: number): string => `.${fromEnd}`

function parse(equation: string, tensors: readonly Tensor[]): Equation {
  const text = equation.replace(/\s+/g, "")
  const [left, right, ...rest] = text.split("->")
  const subscripts = left!.split(",")
  if (rest.length > 0 || !/^[a-zA-Z.,]*$/.test(left!) || !/^[a-zA-Z.]*$/.test(right ?? "")) {
    throw invalid(
      equation,
      "the equation cannot be read",
      "letters, commas, '...' and at most one '->'",
      equation,
    )
  }
  if (subscripts.length !== tensors.length) {
    throw invalid(
      equation,
      "the equation names another number of operands than were given",
      `${subscripts.length} operands`,
      `${tensors.length}`,
    )
  }
  const operands = subscripts.map((subscript, i) => operandLabels(equation, subscript, tensors[i]!))
  const most = Math.max(0, ...operands.map((labels) => labels.filter((label) => label[0] === ".").length))
  return { operands, output: outputLabels(equation, operands, right, most) }
}

/** Splits "ab...c" into its labels, with "..." as one of them. */
function tokens(equation: string, subscript: string): string[] {
  const found = subscript.match(/[a-zA-Z]|\.\.\./g) ?? []
  if (found.join("") === subscript && found.filter((token) => token === "...").length <= 1) return found
  throw invalid(equation, "a subscript cannot be read", "letters and at most one '...'", subscript)
}

function operandLabels(equation: string, subscript: string, tensor: Tensor): string[] {
  const found = tokens(equation, subscript)
  const named = found.filter((token) => token !== "...").length
  const covered = found.includes("...") ? named <= tensor.ndim : named === tensor.ndim
  if (!covered) {
    throw invalid(
      equation,
      `the subscript "${subscript}" does not fit its operand`,
      `${named} dimensions${found.includes("...") ? " or more" : ""}`,
      `shape ${formatShape(tensor.shape)}`,
    )
  }
  const more = tensor.ndim - named
  return found.flatMap((token) =>
    token === "..." ? Array.from({ length: more }, (_, i) => hidden(more - i)) : [token],
  )
}

function outputLabels(
  equation: string,
  operands: readonly (readonly string[])[],
  right: string | undefined,
  most: number,
): string[] {
  const ellipsis = Array.from({ length: most }, (_, i) => hidden(most - i))
  const all = operands.flat()
  if (right === undefined) {
    const once = all.filter((label) => label[0] !== "." && all.filter((l) => l === label).length === 1)
    // PyTorch's order: upper case before lower case.
    return [...ellipsis, ...once.sort()]
  }
  const output = tokens(equation, right).flatMap((token) => (token === "..." ? ellipsis : [token]))
  const wrong = output.find((label, i) => !all.includes(label) || output.indexOf(label) < i)
  if (wrong === undefined) return output
  throw invalid(
    equation,
    "the output cannot be formed",
    "labels of the operands, each at most once",
    `"${wrong}" in the output`,
  )
}

function labelSizes(
  equation: string,
  operands: readonly (readonly string[])[],
  tensors: readonly Tensor[],
): Map<string, number> {
  const sizes = new Map<string, number>()
  operands.forEach((labels, i) => {
    labels.forEach((label, dim) => {
      const size = tensors[i]!.shape[dim]!
      const known = sizes.get(label) ?? 1
      const twice = labels.indexOf(label) < dim && tensors[i]!.shape[labels.indexOf(label)] !== size
      if (twice || (known !== 1 && size !== 1 && known !== size)) {
        throw new NablaError("NABLA_SHAPE_MISMATCH", {
          message: `the dimensions called "${label}" differ in size`,
          where: `einsum "${equation}"`,
          expected: twice ? `${known}, as in the same operand` : `${known} (or 1)`,
          got: `${size} in operand ${i} of shape ${formatShape(tensors[i]!.shape)}`,
        })
      }
      sizes.set(label, known === 1 ? size : known)
    })
  })
  return sizes
}

// One operand ----------------------------------------------------------------------------------------------------------

/** Takes the diagonal for each label that occurs twice. */
function withDiagonals({ node, labels }: Labelled): Labelled {
  const at = labels.findIndex((label, i) => labels.indexOf(label) < i)
  if (at < 0) return { node, labels }
  const first = labels.indexOf(labels[at]!)
  const rest = labels.map((_, i) => i).filter((i) => i !== first && i !== at)
  const inPlane = ops.permute(node, [...rest, first, at])
  return withDiagonals({
    node: ops.diagonal(inPlane),
    labels: [...rest.map((i) => labels[i]!), labels[at]!],
  })
}

/** Leaves out dimensions of size 1 that broadcast against a larger one: a factor that does not depend on the label. */
function squeezed({ node, labels }: Labelled, sizes: ReadonlyMap<string, number>): Labelled {
  const kept = labels.map((label, i) => node.shape[i] === sizes.get(label))
  return {
    node: ops.reshape(
      node,
      node.shape.filter((_, i) => kept[i]),
    ),
    labels: labels.filter((_, i) => kept[i]),
  }
}

/** Sums over the dimensions that nobody needs. */
function sumAway({ node, labels }: Labelled, needed: (label: string) => boolean): Labelled {
  const dims = labels.flatMap((label, i) => (needed(label) ? [] : [i]))
  return { node: ops.sum(node, dims), labels: labels.filter(needed) }
}

// Pairs ----------------------------------------------------------------------------------------------------------------

/** Contracts the two terms whose product takes the least room beyond what they took. */
function contractBest(terms: readonly Labelled[], output: readonly string[]): Labelled[] {
  let best: { i: number; j: number; growth: number } | null = null
  for (let j = 1; j < terms.length; j++) {
    for (let i = 0; i < j; i++) {
      const growth = resultSize(terms, i, j, output)
      if (best === null || growth < best.growth) best = { i, j, growth }
    }
  }
  const { i, j } = best!
  const needed = neededBy(terms, i, j, output)
  const merged = contractPair(terms[i]!, terms[j]!, needed)
  return [...terms.filter((_, t) => t !== i && t !== j), merged]
}

/** Labels that the output or a third term has. */
function neededBy(terms: readonly Labelled[], i: number, j: number, output: readonly string[]): Set<string> {
  return new Set([...output, ...terms.flatMap(({ labels }, t) => (t === i || t === j ? [] : labels))])
}

function resultSize(terms: readonly Labelled[], i: number, j: number, output: readonly string[]): number {
  const needed = neededBy(terms, i, j, output)
  const sizes = new Map<string, number>()
  for (const { node, labels } of [terms[i]!, terms[j]!]) {
    labels.forEach((label, dim) => {
      if (needed.has(label)) sizes.set(label, node.shape[dim]!)
    })
  }
  const product = [...sizes.values()].reduce((n, size) => n * size, 1)
  return product - terms[i]!.node.aval.size - terms[j]!.node.aval.size
}

/** Two operands are one contraction: shared labels that stay are batch dimensions, shared ones that go are summed. */
function contractPair(left: Labelled, right: Labelled, needed: ReadonlySet<string>): Labelled {
  const x = sumAway(left, (label) => needed.has(label) || right.labels.includes(label))
  const y = sumAway(right, (label) => needed.has(label) || left.labels.includes(label))
  const shared = x.labels.filter((label) => y.labels.includes(label))
  const batch = shared.filter((label) => needed.has(label))
  const contract = shared.filter((label) => !needed.has(label))
  const positions = (of: Labelled, labels: readonly string[]): number[] =>
    labels.map((label) => of.labels.indexOf(label))
  const node = ops.dot(x.node, y.node, {
    lhsBatch: positions(x, batch),
    rhsBatch: positions(y, batch),
    lhsContract: positions(x, contract),
    rhsContract: positions(y, contract),
  })
  const own = (of: Labelled): string[] => of.labels.filter((label) => !shared.includes(label))
  return { node, labels: [...batch, ...own(x), ...own(y)] }
}
