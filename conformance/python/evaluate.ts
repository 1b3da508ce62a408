/** Evaluates expressions. */
import { bindParameters, type Defaults } from "./parameters.ts"
import type { Runtime } from "./runtime.ts"
import { Scope } from "./scope.ts"
import type { Argument, Clause, Expression, Parameters } from "./syntax.ts"
import {
  ELLIPSIS,
  Instance,
  isDict,
  type Keywords,
  PyClass,
  PythonError,
  Slice,
  Super,
  Tuple,
  type Value,
} from "./values.ts"

export function evaluate(runtime: Runtime, node: Expression, scope: Scope): Value {
  const value = (part: Expression) => evaluate(runtime, part, scope)
  const optional = (part: Expression | null) => (part === null ? null : value(part))
  switch (node.kind) {
    case "constant":
      return node.value
    case "ellipsis":
      return ELLIPSIS
    case "name":
      return scope.get(node.name)
    case "tuple":
      return new Tuple(evaluateItems(runtime, node.items, scope))
    case "list":
      return evaluateItems(runtime, node.items, scope)
    case "dict":
      return evaluateDict(runtime, node, scope)
    case "unary":
      return runtime.unary(node.operator, value(node.operand))
    case "binary":
      return runtime.binary(node.operator, value(node.left), value(node.right))
    case "boolean": {
      const left = value(node.left)
      return runtime.truth(left) === (node.operator === "or") ? left : value(node.right)
    }
    case "compare":
      return evaluateComparison(runtime, node, scope)
    case "conditional":
      return runtime.truth(value(node.test)) ? value(node.yes) : value(node.no)
    case "lambda": {
      const defaults = evaluateDefaults(runtime, node.parameters, scope)
      return (args: Value[], keywords: Keywords) => {
        const local = new Scope(scope)
        bindParameters("lambda", node.parameters, defaults, args, keywords, local)
        return evaluate(runtime, node.body, local)
      }
    }
    case "call":
      return evaluateCall(runtime, node.callee, node.args, scope)
    case "attribute":
      return runtime.attribute(value(node.object), node.name)
    case "subscript":
      return runtime.getItem(value(node.object), value(node.index))
    case "slice":
      return new Slice(optional(node.start), optional(node.stop), optional(node.step))
    case "comprehension": {
      const items: Value[] = []
      runClauses(runtime, node.clauses, new Scope(scope), (inner) => {
        items.push(evaluate(runtime, node.item, inner))
      })
      return items
    }
    case "dictComprehension": {
      const entries = new Map<Value, Value>()
      runClauses(runtime, node.clauses, new Scope(scope), (inner) => {
        entries.set(evaluate(runtime, node.key, inner), evaluate(runtime, node.value, inner))
      })
      return entries
    }
    case "walrus": {
      const result = value(node.value)
      scope.set(node.name, result)
      return result
    }
    case "format":
      return node.parts.map((part) => (typeof part === "string" ? part : String(value(part)))).join("")
    case "starred":
      throw new PythonError("SyntaxError", "a starred expression stands alone")
  }
}

function evaluateItems(runtime: Runtime, items: readonly Expression[], scope: Scope): Value[] {
  return items.flatMap((item) => {
    if (item.kind === "starred") return runtime.iterate(evaluate(runtime, item.value, scope))
    return [evaluate(runtime, item, scope)]
  })
}

function evaluateDict(runtime: Runtime, node: Extract<Expression, { kind: "dict" }>, scope: Scope): Value {
  const dict = new Map<Value, Value>()
  for (const { key, value } of node.entries) {
    const result = evaluate(runtime, value, scope)
    if (key !== null) dict.set(evaluate(runtime, key, scope), result)
    else if (isDict(result)) for (const [name, item] of result) dict.set(name, item)
  }
  return dict
}

/** `a < b < c` is `a < b and b < c`, stopping at the first that is false. */
function evaluateComparison(
  runtime: Runtime,
  node: Extract<Expression, { kind: "compare" }>,
  scope: Scope,
): Value {
  let left = evaluate(runtime, node.first, scope)
  let result: Value = true
  for (const { operator, operand } of node.rest) {
    const right = evaluate(runtime, operand, scope)
    result = runtime.compare(operator, left, right)
    if (node.rest.length > 1 && !runtime.truth(result)) return result
    left = right
  }
  return result
}

export function evaluateDefaults(runtime: Runtime, parameters: Parameters, scope: Scope): Defaults {
  const defaults = new Map<string, Value>()
  for (const { name, fallback } of [...parameters.positional, ...parameters.keywordOnly]) {
    if (fallback !== null) defaults.set(name, evaluate(runtime, fallback, scope))
  }
  return defaults
}

function evaluateCall(
  runtime: Runtime,
  calleeNode: Expression,
  argNodes: readonly Argument[],
  scope: Scope,
): Value {
  if (calleeNode.kind === "name" && calleeNode.name === "super" && argNodes.length === 0)
    return superOf(scope)
  const callee = evaluate(runtime, calleeNode, scope)
  const args: Value[] = []
  const keywords: Keywords = new Map()
  for (const node of argNodes) {
    const value = evaluate(runtime, node.value, scope)
    if (node.kind === "positional") args.push(value)
    else if (node.kind === "spread") args.push(...runtime.iterate(value))
    else if (node.kind === "keyword") keywords.set(node.name, value)
    else if (isDict(value)) for (const [name, item] of value) keywords.set(String(name), item)
  }
  return runtime.call(callee, args, keywords)
}

/** The names under which a method finds what `super()` refers to; no Python name can hold a space. */
export const methodOwner = "owner of the method"
export const methodInstance = "instance of the method"

function superOf(scope: Scope): Super {
  const owner = scope.get(methodOwner)
  const instance = scope.get(methodInstance)
  if (!(owner instanceof PyClass && instance instanceof Instance)) {
    throw new PythonError("RuntimeError", "super() outside of a method")
  }
  return new Super(owner, instance)
}

function runClauses(
  runtime: Runtime,
  clauses: readonly Clause[],
  scope: Scope,
  visit: (s: Scope) => void,
): void {
  const [clause, ...rest] = clauses
  if (!clause) {
    visit(scope)
    return
  }
  if (clause.kind === "if") {
    if (runtime.truth(evaluate(runtime, clause.test, scope))) runClauses(runtime, rest, scope, visit)
    return
  }
  for (const item of runtime.iterate(evaluate(runtime, clause.iterable, scope))) {
    assign(runtime, clause.target, item, scope)
    runClauses(runtime, rest, scope, visit)
  }
}

/** Binds a value to a target: a name, an attribute, an item, or a pattern of these. */
export function assign(runtime: Runtime, target: Expression, value: Value, scope: Scope): void {
  switch (target.kind) {
    case "name":
      scope.set(target.name, value)
      break
    case "attribute":
      runtime.setAttribute(evaluate(runtime, target.object, scope), target.name, value)
      break
    case "subscript": {
      const object = evaluate(runtime, target.object, scope)
      runtime.setItem(object, evaluate(runtime, target.index, scope), value)
      break
    }
    case "tuple":
    case "list":
      unpack(runtime, target.items, runtime.iterate(value), scope)
      break
    default:
      throw new PythonError("SyntaxError", `cannot assign to ${target.kind}`)
  }
}

function unpack(
  runtime: Runtime,
  targets: readonly Expression[],
  values: readonly Value[],
  scope: Scope,
): void {
  const star = targets.findIndex((target) => target.kind === "starred")
  const wrong = star < 0 ? values.length !== targets.length : values.length < targets.length - 1
  if (wrong) {
    throw new PythonError("ValueError", `cannot unpack ${values.length} values into ${targets.length} names`)
  }
  const taken = star < 0 ? 0 : values.length - targets.length + 1
  targets.forEach((target, at) => {
    if (target.kind === "starred") assign(runtime, target.value, values.slice(star, star + taken), scope)
    else assign(runtime, target, values[star >= 0 && at > star ? at + taken - 1 : at], scope)
  })
}
