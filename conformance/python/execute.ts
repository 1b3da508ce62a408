/** Executes statements. */
import { assign, evaluate, evaluateDefaults, methodInstance, methodOwner } from "./evaluate.ts"
import { bindParameters } from "./parameters.ts"
import type { Runtime } from "./runtime.ts"
import { Scope } from "./scope.ts"
import type { FunctionStatement, Statement } from "./syntax.ts"
import {
  type Callable,
  HostClass,
  isList,
  type Keywords,
  PyClass,
  PythonError,
  typeName,
  type Value,
} from "./values.ts"

/** How a block ended: undefined when it ran to its end. */
type Completion = undefined | "break" | "continue" | { returned: Value }

/** A Python loop that never ends must end as an error of its case. */
const longestLoop = 10_000_000

export function executeBlock(runtime: Runtime, body: readonly Statement[], scope: Scope): Completion {
  for (const statement of body) {
    const completion = execute(runtime, statement, scope)
    if (completion !== undefined) return completion
  }
  return undefined
}

function execute(runtime: Runtime, node: Statement, scope: Scope): Completion {
  switch (node.kind) {
    case "expression":
      evaluate(runtime, node.value, scope)
      return undefined
    case "assign": {
      const value = evaluate(runtime, node.value, scope)
      for (const target of node.targets) assign(runtime, target, value, scope)
      return undefined
    }
    case "augment":
      return augment(runtime, node, scope)
    case "return":
      return { returned: node.value === null ? null : evaluate(runtime, node.value, scope) }
    case "if": {
      const taken = node.branches.find(({ test }) => runtime.truth(evaluate(runtime, test, scope)))
      return executeBlock(runtime, taken ? taken.body : node.otherwise, scope)
    }
    case "while":
      return executeWhile(runtime, node, scope)
    case "for": {
      const items = runtime.iterate(evaluate(runtime, node.iterable, scope))
      let at = 0
      const advance = () => {
        if (at >= items.length) return false
        assign(runtime, node.target, items[at++], scope)
        return true
      }
      return executeLoop(runtime, advance, node, scope)
    }
    case "with":
      for (const context of node.contexts) evaluate(runtime, context, scope)
      return executeBlock(runtime, node.body, scope)
    case "assert":
      if (runtime.truth(evaluate(runtime, node.test, scope))) return undefined
      throw new PythonError(
        "AssertionError",
        node.message ? String(evaluate(runtime, node.message, scope)) : "",
      )
    case "raise":
      throw new PythonError("raised", node.value ? String(evaluate(runtime, node.value, scope)) : "")
    case "scope":
      for (const name of node.names) scope.redirect(name, node.outermost)
      return undefined
    case "import":
      // Everything that a case may import is there already; another name fails where it is used.
      return undefined
    case "function":
      scope.set(node.name, makeFunction(runtime, node, scope, null))
      return undefined
    case "class":
      scope.set(node.name, makeClass(runtime, node, scope))
      return undefined
    case "break":
      return "break"
    case "continue":
      return "continue"
    case "pass":
      return undefined
  }
}

function augment(runtime: Runtime, node: Extract<Statement, { kind: "augment" }>, scope: Scope): Completion {
  const old = evaluate(runtime, node.target, scope)
  const value = evaluate(runtime, node.value, scope)
  if (isList(old) && node.operator === "+") old.push(...runtime.iterate(value))
  else assign(runtime, node.target, runtime.binary(node.operator, old, value), scope)
  return undefined
}

function executeWhile(
  runtime: Runtime,
  node: Extract<Statement, { kind: "while" }>,
  scope: Scope,
): Completion {
  return executeLoop(runtime, () => runtime.truth(evaluate(runtime, node.test, scope)), node, scope)
}

function executeLoop(
  runtime: Runtime,
  advance: () => boolean,
  node: { body: Statement[]; otherwise: Statement[] },
  scope: Scope,
): Completion {
  for (let turns = 0; advance(); turns++) {
    if (turns > longestLoop)
      throw new PythonError("RuntimeError", `a loop ran more than ${longestLoop} times`)
    const completion = executeBlock(runtime, node.body, scope)
    if (completion === "break") return undefined
    if (completion !== undefined && completion !== "continue") return completion
  }
  return executeBlock(runtime, node.otherwise, scope)
}

function makeFunction(runtime: Runtime, node: FunctionStatement, scope: Scope, owner: PyClass | null): Value {
  const defaults = evaluateDefaults(runtime, node.parameters, scope)
  const call: Callable = (args: Value[], keywords: Keywords) => {
    const local = new Scope(scope)
    bindParameters(node.name, node.parameters, defaults, args, keywords, local)
    if (owner && args.length > 0) {
      local.set(methodOwner, owner)
      local.set(methodInstance, args[0])
    }
    const completion = executeBlock(runtime, node.body, local)
    return typeof completion === "object" ? completion.returned : null
  }
  return node.decorators.reduceRight<Value>(
    (decorated, decorator) => runtime.call(evaluate(runtime, decorator, scope), [decorated], new Map()),
    call,
  )
}

function makeClass(runtime: Runtime, node: Extract<Statement, { kind: "class" }>, scope: Scope): PyClass {
  const bases = node.bases.flatMap((base) => {
    const value = evaluate(runtime, base, scope)
    if (value instanceof PyClass || value instanceof HostClass) return [value]
    if (base.kind === "name" && base.name === "object") return []
    throw new PythonError("TypeError", `cannot derive a class from ${typeName(value)}`)
  })
  const type = new PyClass(node.name, bases)
  const body = new Scope(scope)
  for (const statement of node.body) {
    // Methods see the names around the class, not those in it.
    if (statement.kind === "function") {
      type.members.set(statement.name, makeFunction(runtime, statement, scope, type))
    } else {
      executeBlock(runtime, [statement], body)
      for (const [name, value] of body.entries()) type.members.set(name, value)
    }
  }
  return type
}
