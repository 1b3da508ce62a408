import type { Expr, Stmt } from "./ir.ts"

/** The expressions of a statement itself, without those of the statements inside of it. */
export function valuesOf(stmt: Stmt): readonly Expr[] {
  switch (stmt.kind) {
    case "let":
    case "assign":
      return [stmt.value]
    case "store":
      return [stmt.index, stmt.value]
    case "for":
      return [stmt.from, stmt.to]
    case "while":
    case "if":
      return [stmt.condition]
  }
}

/** Visits statements and those inside of them. */
export function eachStatement(body: readonly Stmt[], visit: (stmt: Stmt) => void): void {
  for (const stmt of body) {
    visit(stmt)
    if (stmt.kind === "for" || stmt.kind === "while") eachStatement(stmt.body, visit)
    else if (stmt.kind === "if") {
      eachStatement(stmt.then, visit)
      eachStatement(stmt.else, visit)
    }
  }
}

/** Visits an expression and those inside of it. */
export function eachPart(e: Expr, visit: (part: Expr) => void): void {
  visit(e)
  switch (e.kind) {
    case "load":
      return eachPart(e.index, visit)
    case "unary":
    case "convert":
    case "splat":
    case "extract":
      return eachPart(e.a, visit)
    case "binary":
    case "compare":
      eachPart(e.a, visit)
      return eachPart(e.b, visit)
    case "multiplyAdd":
      eachPart(e.a, visit)
      eachPart(e.b, visit)
      return eachPart(e.c, visit)
    case "select":
      eachPart(e.condition, visit)
      eachPart(e.a, visit)
      return eachPart(e.b, visit)
    case "assemble":
      for (const value of e.values) eachPart(value, visit)
  }
}
