/** The syntax tree of the Python subset, as plain data: what `parse.ts` makes and `evaluate.ts` walks. */

export type Literal = null | boolean | bigint | number | string

export type Expression =
  | { kind: "constant"; value: Literal }
  | { kind: "ellipsis" }
  | { kind: "name"; name: string }
  | { kind: "tuple"; items: Expression[] }
  | { kind: "list"; items: Expression[] }
  | { kind: "dict"; entries: DictEntry[] }
  | { kind: "unary"; operator: string; operand: Expression }
  | { kind: "binary"; operator: string; left: Expression; right: Expression }
  | { kind: "boolean"; operator: "and" | "or"; left: Expression; right: Expression }
  | { kind: "compare"; first: Expression; rest: { operator: string; operand: Expression }[] }
  | { kind: "conditional"; test: Expression; yes: Expression; no: Expression }
  | { kind: "lambda"; parameters: Parameters; body: Expression }
  | { kind: "call"; callee: Expression; args: Argument[] }
  | { kind: "attribute"; object: Expression; name: string }
  | { kind: "subscript"; object: Expression; index: Expression }
  | { kind: "slice"; start: Expression | null; stop: Expression | null; step: Expression | null }
  | { kind: "comprehension"; item: Expression; clauses: Clause[] }
  | { kind: "dictComprehension"; key: Expression; value: Expression; clauses: Clause[] }
  | { kind: "starred"; value: Expression }
  | { kind: "walrus"; name: string; value: Expression }
  | { kind: "format"; parts: (string | Expression)[] }

/** `key` is null for `**value`. */
export interface DictEntry {
  key: Expression | null
  value: Expression
}

export type Argument =
  | { kind: "positional"; value: Expression }
  | { kind: "keyword"; name: string; value: Expression }
  | { kind: "spread"; value: Expression }
  | { kind: "keywordSpread"; value: Expression }

/** One `for … in …` or `if …` of a comprehension. */
export type Clause =
  | { kind: "for"; target: Expression; iterable: Expression }
  | { kind: "if"; test: Expression }

export interface Parameter {
  name: string
  fallback: Expression | null
}

export interface Parameters {
  positional: Parameter[]
  rest: string | null
  keywordOnly: Parameter[]
  keywords: string | null
}

export interface Branch {
  test: Expression
  body: Statement[]
}

export interface FunctionStatement {
  kind: "function"
  name: string
  parameters: Parameters
  body: Statement[]
  decorators: Expression[]
}

export type Statement =
  | FunctionStatement
  | { kind: "class"; name: string; bases: Expression[]; body: Statement[] }
  | { kind: "expression"; value: Expression }
  | { kind: "assign"; targets: Expression[]; value: Expression }
  | { kind: "augment"; target: Expression; operator: string; value: Expression }
  | { kind: "return"; value: Expression | null }
  | { kind: "if"; branches: Branch[]; otherwise: Statement[] }
  | { kind: "while"; test: Expression; body: Statement[]; otherwise: Statement[] }
  | { kind: "for"; target: Expression; iterable: Expression; body: Statement[]; otherwise: Statement[] }
  | { kind: "with"; contexts: Expression[]; body: Statement[] }
  | { kind: "assert"; test: Expression; message: Expression | null }
  | { kind: "raise"; value: Expression | null }
  | { kind: "scope"; outermost: boolean; names: string[] }
  | { kind: "import"; names: string[] }
  | { kind: "break" }
  | { kind: "continue" }
  | { kind: "pass" }
