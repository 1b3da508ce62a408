/** Python source → statements. The parser is `@lezer/python`; here its tree becomes the types of `syntax.ts`. */
import { parser } from "@lezer/python"
import { toArguments, toExpression, toExpressionList, toItems, toParameters } from "./parse-expressions.ts"
import type { Branch, Expression, Statement } from "./syntax.ts"
import { Node, PythonSyntaxError, splitAt } from "./tree.ts"

export function parseModule(source: string): Statement[] {
  return toStatements(new Node(parser.parse(source).topNode, source).children)
}

/** A single expression, such as the `expr` of a case. */
export function parseExpression(source: string): Expression {
  const [statement, ...rest] = parseModule(source.trim())
  if (statement?.kind !== "expression" || rest.length > 0) {
    throw new SyntaxError(`one Python expression expected: ${source}`)
  }
  return statement.value
}

function toStatements(nodes: readonly Node[]): Statement[] {
  return nodes.flatMap((node) => {
    if (node.type === "StatementGroup") return toStatements(node.children)
    return node.type === ";" ? [] : [toStatement(node)]
  })
}

function toBody(node: Node): Statement[] {
  return toStatements(node.children.filter((child) => child.type !== ":"))
}

function toStatement(node: Node): Statement {
  const [keyword, ...rest] = node.children
  switch (node.type) {
    case "ExpressionStatement":
      return { kind: "expression", value: toExpressionList(node.children) }
    case "AssignStatement":
      return toAssignment(node)
    case "UpdateStatement": {
      const value = toExpressionList(node.children.slice(2))
      return { kind: "augment", target: toExpression(keyword), operator: rest[0].text.slice(0, -1), value }
    }
    case "ReturnStatement":
      return { kind: "return", value: rest.length > 0 ? toExpressionList(rest) : null }
    case "IfStatement":
      return toIf(node)
    case "WhileStatement":
      return { kind: "while", test: toExpression(rest[0]), ...bodies(node) }
    case "ForStatement": {
      const middle = node.children.findIndex((child) => child.type === "in")
      const end = node.children.findIndex((child) => child.type === "Body")
      const target = toExpressionList(node.children.slice(1, middle))
      const iterable = toExpressionList(node.children.slice(middle + 1, end))
      return { kind: "for", target, iterable, ...bodies(node) }
    }
    case "FunctionDefinition":
      return toFunction(node, [])
    case "DecoratedStatement": {
      const decorators = node.children.filter((child) => child.type === "Decorator").map(toDecorator)
      return toFunction(node.require("FunctionDefinition"), decorators)
    }
    case "ClassDefinition": {
      const list = node.child("ArgList")
      const bases = list ? toArguments(list).map((argument) => argument.value) : []
      return {
        kind: "class",
        name: node.require("VariableName").text,
        bases,
        body: toBody(node.require("Body")),
      }
    }
    case "AssertStatement": {
      const [test, message] = toItems(rest)
      return { kind: "assert", test, message: message ?? null }
    }
    case "RaiseStatement":
      return { kind: "raise", value: rest.length > 0 ? toExpression(rest[0]) : null }
    case "WithStatement": {
      const heads = splitAt(
        rest.slice(
          0,
          rest.findIndex((child) => child.type === "Body"),
        ),
        ",",
      )
      return {
        kind: "with",
        contexts: heads.map(([head]) => toExpression(head)),
        body: toBody(node.require("Body")),
      }
    }
    case "ScopeStatement": {
      const names = rest.filter((child) => child.type === "VariableName").map((child) => child.text)
      return { kind: "scope", outermost: keyword.type === "global", names }
    }
    case "ImportStatement":
      return { kind: "import", names: rest.filter((c) => c.type === "VariableName").map((c) => c.text) }
    case "BreakStatement":
      return { kind: "break" }
    case "ContinueStatement":
      return { kind: "continue" }
    case "PassStatement":
      return { kind: "pass" }
    default:
      throw new PythonSyntaxError(node, "unsupported statement")
  }
}

/** `a = b, c = value`: everything but the last group is a target. A bare `x: int` does nothing. */
function toAssignment(node: Node): Statement {
  const nodes = node.children.filter((child) => child.type !== "TypeDef")
  const groups = splitAt(nodes, "AssignOp")
  if (groups.length < 2) return { kind: "pass" }
  const targets = groups.slice(0, -1).map(toExpressionList)
  return { kind: "assign", targets, value: toExpressionList(groups[groups.length - 1]) }
}

function toIf(node: Node): Statement {
  const branches: Branch[] = []
  let otherwise: Statement[] = []
  const parts = node.children
  for (let at = 0; at < parts.length; at++) {
    if (parts[at].type === "if" || parts[at].type === "elif") {
      branches.push({ test: toExpression(parts[at + 1]), body: toBody(parts[at + 2]) })
    } else if (parts[at].type === "else") {
      otherwise = toBody(parts[at + 1])
    }
  }
  return { kind: "if", branches, otherwise }
}

/** The body of a loop and of its `else`. */
function bodies(node: Node): { body: Statement[]; otherwise: Statement[] } {
  const [body, otherwise] = node.children.filter((child) => child.type === "Body")
  return { body: toBody(body), otherwise: otherwise ? toBody(otherwise) : [] }
}

function toFunction(node: Node, decorators: Expression[]): Statement {
  const name = node.require("VariableName").text
  const parameters = toParameters(node.require("ParamList"))
  return { kind: "function", name, parameters, body: toBody(node.require("Body")), decorators }
}

/** `@a.b(c)`: the tree holds the dotted name in pieces. */
function toDecorator(node: Node): Expression {
  const [, first, ...rest] = node.children
  return rest.reduce<Expression>(
    (callee, piece) => {
      if (piece.type === "ArgList") return { kind: "call", callee, args: toArguments(piece) }
      return piece.type === "." ? callee : { kind: "attribute", object: callee, name: piece.text }
    },
    { kind: "name", name: first.text },
  )
}
