/** Parser tree → expressions. */
import { parseNumber, parseString, unescapeText } from "./parse-literals.ts"
import type { Argument, Clause, DictEntry, Expression, Parameter, Parameters } from "./syntax.ts"
import { inside, type Node, PythonSyntaxError, splitAt } from "./tree.ts"

const comparisons = new Set(["CompareOp", "in", "is", "not"])

export function toExpression(node: Node): Expression {
  switch (node.type) {
    case "Number":
      return { kind: "constant", value: parseNumber(node) }
    case "String":
      return { kind: "constant", value: parseString(node) }
    case "ContinuedString":
      return { kind: "constant", value: node.children.map(parseString).join("") }
    case "FormatString":
      return toFormat(node)
    case "Boolean":
      return { kind: "constant", value: node.text === "True" }
    case "None":
      return { kind: "constant", value: null }
    case "Ellipsis":
      return { kind: "ellipsis" }
    case "VariableName":
      return { kind: "name", name: node.text }
    case "ParenthesizedExpression":
      return toExpression(single(inside(node), node))
    case "TupleExpression":
      return { kind: "tuple", items: toItems(inside(node)) }
    case "ArrayExpression":
    case "SetExpression":
      return { kind: "list", items: toItems(inside(node)) }
    case "DictionaryExpression":
      return { kind: "dict", entries: splitAt(inside(node), ",").map(toEntry) }
    case "ArrayComprehensionExpression":
    case "SetComprehensionExpression":
    case "ComprehensionExpression":
      return toComprehension(inside(node))
    case "DictionaryComprehensionExpression": {
      const [key, , value, ...clauses] = inside(node)
      const parts = { key: toExpression(key), value: toExpression(value), clauses: toClauses(clauses) }
      return { kind: "dictComprehension", ...parts }
    }
    case "UnaryExpression":
      if (node.children[0].type === "not") return regroupBoolean(node)
      return { kind: "unary", operator: node.children[0].text, operand: toExpression(node.children[1]) }
    case "BinaryExpression":
      return toBinary(node)
    case "ConditionalExpression": {
      const [yes, , test, , no] = node.children
      return { kind: "conditional", test: toExpression(test), yes: toExpression(yes), no: toExpression(no) }
    }
    case "LambdaExpression": {
      const body = toExpression(node.children[node.children.length - 1])
      return { kind: "lambda", parameters: toParameters(node.require("ParamList")), body }
    }
    case "NamedExpression":
      return { kind: "walrus", name: node.children[0].text, value: toExpression(node.children[2]) }
    case "CallExpression": {
      const [callee, list] = node.children
      return { kind: "call", callee: toExpression(callee), args: toArguments(list) }
    }
    case "MemberExpression":
      return toMember(node)
    default:
      throw new PythonSyntaxError(node, "unsupported expression")
  }
}

function single(nodes: readonly Node[], parent: Node): Node {
  if (nodes.length !== 1) throw new PythonSyntaxError(parent, "one expression expected")
  return nodes[0]
}

/** `a, *b, c` → expressions. */
export function toItems(nodes: readonly Node[]): Expression[] {
  return splitAt(nodes, ",").map((group): Expression => {
    if (group[0]?.type === "*") return { kind: "starred", value: toExpression(group[1]) }
    return toExpression(single(group, group[0]))
  })
}

/** `a` → a, but `a, b` and `a,` → a tuple: what may stand after `return`, `=`, `in` and between `[ ]`. */
export function toExpressionList(nodes: readonly Node[]): Expression {
  const items = toItems(nodes)
  const isTuple = nodes.some((node) => node.type === ",")
  return isTuple || items[0]?.kind === "starred" ? { kind: "tuple", items } : items[0]
}

function toEntry(group: Node[]): DictEntry {
  if (group[0].type === "**") return { key: null, value: toExpression(group[1]) }
  return { key: toExpression(group[0]), value: toExpression(group[2]) }
}

function toFormat(node: Node): Expression {
  const prefix = /^[a-zA-Z]+("""|'''|"|')/.exec(node.text)
  if (!prefix) throw new PythonSyntaxError(node, "unknown string form")
  let rest = node.text.slice(prefix[0].length, -prefix[1].length)
  const parts: (string | Expression)[] = []
  for (const piece of node.children) {
    if (piece.type !== "FormatReplacement") continue
    const at = rest.indexOf(piece.text)
    parts.push(unescapeText(rest.slice(0, at)), toExpression(piece.children[1]))
    rest = rest.slice(at + piece.text.length)
  }
  return { kind: "format", parts: [...parts, unescapeText(rest)] }
}

function toBinary(node: Node): Expression {
  const operator = node.children[1]
  if (operator.type === "and" || operator.type === "or") return regroupBoolean(node)
  if (comparisons.has(operator.type)) return toComparison(node)
  const [left, , right] = node.children
  return { kind: "binary", operator: operator.text, left: toExpression(left), right: toExpression(right) }
}

/** `a < b <= c` is nested to the left in the tree; Python means `a < b and b <= c` with b evaluated once. */
function toComparison(node: Node): Expression {
  const first = node.children[0]
  const operators = node.children.slice(1, -1)
  const operator = operators.map((part) => part.text).join(" ")
  const step = { operator, operand: toExpression(node.children[node.children.length - 1]) }
  const isChain = first.type === "BinaryExpression" && comparisons.has(first.children[1].type)
  const left = isChain ? toComparison(first) : toExpression(first)
  if (isChain && left.kind === "compare") return { ...left, rest: [...left.rest, step] }
  return { kind: "compare", first: left, rest: [step] }
}

type BooleanToken = "not" | "and" | "or" | Node

/**
 * The parser reads `not a and b` as `not (a and b)`; Python means `(not a) and b`. So the operands of
 * and/or/not are taken out in the order of the text and grouped again by Python's precedence.
 */
function regroupBoolean(node: Node): Expression {
  const tokens = booleanTokens(node)
  let at = 0
  const operand = (): Expression => {
    const token = tokens[at++]
    if (token === "not") return { kind: "unary", operator: "not", operand: operand() }
    if (typeof token === "string") throw new PythonSyntaxError(node, `unexpected ${token}`)
    return toExpression(token)
  }
  const chain = (operator: "and" | "or", next: () => Expression): Expression => {
    let left = next()
    while (tokens[at] === operator) {
      at++
      left = { kind: "boolean", operator, left, right: next() }
    }
    return left
  }
  return chain("or", () => chain("and", operand))
}

function booleanTokens(node: Node): BooleanToken[] {
  const operator = node.type === "BinaryExpression" ? node.children[1].type : ""
  if (operator === "and" || operator === "or") {
    return [...booleanTokens(node.children[0]), operator, ...booleanTokens(node.children[2])]
  }
  if (node.type === "UnaryExpression" && node.children[0].type === "not") {
    return ["not", ...booleanTokens(node.children[1])]
  }
  return [node]
}

function toMember(node: Node): Expression {
  const [objectNode, access, ...rest] = node.children
  if (access.type === ".") {
    // `1.` before an operator: the parser takes the point for an attribute that is missing.
    if (objectNode.type === "Number" && rest[0]?.type === "error") {
      return { kind: "constant", value: Number(objectNode.text) }
    }
    return { kind: "attribute", object: toExpression(objectNode), name: rest[0].text }
  }
  const inner = rest.slice(0, -1)
  const items = splitAt(inner, ",").map(toIndex)
  const isTuple = inner.some((child) => child.type === ",")
  const index: Expression = isTuple ? { kind: "tuple", items } : items[0]
  return { kind: "subscript", object: toExpression(objectNode), index }
}

/** One place of a subscript: an expression or `start:stop:step`, each of which may be missing. */
function toIndex(group: Node[]): Expression {
  if (!group.some((node) => node.type === ":")) return toItems(group)[0]
  const bounds: (Expression | null)[] = [null]
  for (const node of group) {
    if (node.type === ":") bounds.push(null)
    else bounds[bounds.length - 1] = toExpression(node)
  }
  return { kind: "slice", start: bounds[0], stop: bounds[1] ?? null, step: bounds[2] ?? null }
}

function toComprehension(nodes: readonly Node[]): Expression {
  const [item, ...clauses] = nodes
  return { kind: "comprehension", item: toExpression(item), clauses: toClauses(clauses) }
}

function toClauses(nodes: readonly Node[]): Clause[] {
  const clauses: Clause[] = []
  for (let at = 0; at < nodes.length; ) {
    if (nodes[at].type === "if") {
      clauses.push({ kind: "if", test: toExpression(nodes[at + 1]) })
      at += 2
    } else if (nodes[at].type === "for") {
      const middle = nodes.findIndex((node, index) => index > at && node.type === "in")
      const target = toExpressionList(nodes.slice(at + 1, middle))
      clauses.push({ kind: "for", target, iterable: toExpression(nodes[middle + 1]) })
      at = middle + 2
    } else {
      throw new PythonSyntaxError(nodes[at], "unsupported comprehension")
    }
  }
  return clauses
}

export function toArguments(list: Node): Argument[] {
  const inner = inside(list)
  if (inner.some((node) => node.type === "for")) {
    return [{ kind: "positional", value: toComprehension(inner) }]
  }
  return splitAt(inner, ",").map((group): Argument => {
    if (group[0].type === "*") return { kind: "spread", value: toExpression(group[1]) }
    if (group[0].type === "**") return { kind: "keywordSpread", value: toExpression(group[1]) }
    if (group.length === 1) return { kind: "positional", value: toExpression(group[0]) }
    const [name, operator, value] = group
    if (operator.text === "=") return { kind: "keyword", name: name.text, value: toExpression(value) }
    return { kind: "positional", value: { kind: "walrus", name: name.text, value: toExpression(value) } }
  })
}

export function toParameters(list: Node): Parameters {
  const found: Parameters = { positional: [], rest: null, keywordOnly: [], keywords: null }
  const nodes = list.children.filter((node) => !["(", ")", "TypeDef"].includes(node.type))
  let afterStar = false
  for (const group of splitAt(nodes, ",")) {
    const [first, second] = group
    if (first.type === "*") {
      afterStar = true
      found.rest = second?.text ?? null
    } else if (first.type === "**") {
      found.keywords = second.text
    } else if (first.type !== "/") {
      const fallback = group.length > 2 ? toExpression(group[2]) : null
      const parameter: Parameter = { name: first.text, fallback }
      if (afterStar) found.keywordOnly.push(parameter)
      else found.positional.push(parameter)
    }
  }
  return found
}
