import type { Stmt, Variable } from "../../kernel/index.ts"

type For = Stmt & { kind: "for" }

/** The variables that statements give a value, the loops' own included. */
export function assigned(body: readonly Stmt[], into = new Set<Variable>()): Set<Variable> {
  for (const stmt of body) {
    if (stmt.kind === "let" || stmt.kind === "assign") into.add(stmt.variable)
    else if (stmt.kind === "for") assigned(stmt.body, into.add(stmt.variable))
    else if (stmt.kind === "while") assigned(stmt.body, into)
    else if (stmt.kind === "if") assigned(stmt.else, assigned(stmt.then, into))
  }
  return into
}

export function loopsOf(body: readonly Stmt[]): For[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "for") return [stmt, ...loopsOf(stmt.body)]
    if (stmt.kind === "while") return loopsOf(stmt.body)
    return stmt.kind === "if" ? [...loopsOf(stmt.then), ...loopsOf(stmt.else)] : []
  })
}
