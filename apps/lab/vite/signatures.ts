import { existsSync, readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import ts from "typescript"
import type { Plugin } from "vite"

/** An export of a module, as an editor shows it. */
export interface Signature {
  readonly kind: "function" | "class" | "constant" | "namespace"
  readonly signature: string
  /** The first sentence of its documentation. */
  readonly doc: string
  /** Whether its first argument is a tensor, so that it is also a method. */
  readonly method?: true
  /** Of a namespace: the specifier of its exports' module. */
  readonly module?: string
}

export type Signatures = Readonly<Record<string, Readonly<Record<string, Signature>>>>

/**
 * The module `virtual:nabla-signatures`: what nabla exports, for the editor's completion. It is read off the sources by
 * their syntax alone, which takes a fraction of the time of a type check.
 *
 * @param entries path of each public module, by its specifier
 */
export function nablaSignatures(entries: Readonly<Record<string, string>>): Plugin {
  const [name, resolved] = ["virtual:nabla-signatures", "\0virtual:nabla-signatures"]
  return {
    name: "nabla-signatures",
    resolveId: (id) => (id === name ? resolved : null),
    load: (id) =>
      id === resolved ? `export const signatures = ${JSON.stringify(signaturesOf(entries))}` : null,
  }
}

export function signaturesOf(entries: Readonly<Record<string, string>>): Signatures {
  const reader = new ExportReader()
  const found: Record<string, Record<string, Signature>> = {}
  const namespaces: [specifier: string, path: string][] = []
  const list = (specifier: string, path: string): void => {
    const exports: Record<string, Signature> = {}
    for (const [name, it] of [...reader.exports(path)].sort(([a], [b]) => a.localeCompare(b))) {
      if (typeof it === "string") {
        const inner = Object.entries(entries).find(([, other]) => other === it)?.[0] ?? `${specifier}/${name}`
        if (!Object.hasOwn(entries, inner)) namespaces.push([inner, it])
        exports[name] = {
          kind: "namespace",
          signature: `${name}.…`,
          doc: `exports of ${inner}`,
          module: inner,
        }
      } else exports[name] = it
    }
    found[specifier] = exports
  }
  for (const [specifier, path] of Object.entries(entries)) list(specifier, path)
  for (const [specifier, path] of namespaces) if (!Object.hasOwn(found, specifier)) list(specifier, path)
  return found
}

/** A declaration, or the path of the module that a namespace holds. */
type Exported = Signature | string

class ExportReader {
  private readonly known = new Map<string, Map<string, Exported>>()

  exports(path: string): Map<string, Exported> {
    const known = this.known.get(path)
    if (known !== undefined) return known
    const found = new Map<string, Exported>()
    // Before its imports are read, in case they come back here.
    this.known.set(path, found)
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true)
    for (const statement of source.statements) {
      if (ts.isExportDeclaration(statement)) this.addFrom(found, path, statement)
      else
        for (const [name, signature] of declared(statement, source))
          if (!found.has(name)) found.set(name, signature)
    }
    return found
  }

  private addFrom(found: Map<string, Exported>, path: string, statement: ts.ExportDeclaration): void {
    const { exportClause: clause, moduleSpecifier: from, isTypeOnly } = statement
    if (isTypeOnly || from === undefined || !ts.isStringLiteral(from)) return
    const target = resolve(dirname(path), from.text)
    if (!existsSync(target)) return
    if (clause === undefined) for (const [name, it] of this.exports(target)) found.set(name, it)
    else if (ts.isNamespaceExport(clause)) found.set(clause.name.text, target)
    else
      for (const { name, propertyName, isTypeOnly: type } of clause.elements) {
        const it = this.exports(target).get((propertyName ?? name).text)
        if (!type && it !== undefined) found.set(name.text, it)
      }
  }
}

function declared(statement: ts.Statement, source: ts.SourceFile): [string, Signature][] {
  const exported = ts.canHaveModifiers(statement)
    ? ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    : false
  if (!exported) return []
  const text = (node: ts.Node | undefined): string => (node?.getText(source) ?? "").replace(/\s+/g, " ")
  const doc = docOf(statement)
  if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
    const { name, parameters, type } = statement
    const list = parameters.map((it) => parameterText(it, text)).join(", ")
    const signature = `${name.text}(${list})${type === undefined ? "" : `: ${text(type)}`}`
    const method = /^Tensor(Like)?\b/.test(text(parameters[0]?.type))
    return [[name.text, { kind: "function", signature, doc, ...(method && { method: true as const }) }]]
  }
  if (ts.isClassDeclaration(statement) && statement.name !== undefined) {
    const maker = statement.members.find(ts.isConstructorDeclaration)
    const list = maker?.parameters.map((it) => parameterText(it, text)).join(", ") ?? ""
    return [[statement.name.text, { kind: "class", signature: `new ${statement.name.text}(${list})`, doc }]]
  }
  if (!ts.isVariableStatement(statement)) return []
  return statement.declarationList.declarations.flatMap(
    ({ name, type, initializer }): [string, Signature][] => {
      if (!ts.isIdentifier(name)) return []
      const made = initializer && functionIn(initializer)
      if (made === undefined) {
        const signature = `${name.text}${type === undefined ? "" : `: ${text(type)}`}`
        const called = initializer !== undefined && ts.isCallExpression(initializer)
        return [[name.text, { kind: called ? "function" : "constant", signature, doc }]]
      }
      const list = made.parameters.map((it) => parameterText(it, text)).join(", ")
      const result = made.type === undefined ? "" : `: ${text(made.type)}`
      const method = /^Tensor(Like)?\b/.test(text(made.parameters[0]?.type))
      const signature = `${name.text}(${list})${result}`
      return [[name.text, { kind: "function", signature, doc, ...(method && { method: true as const }) }]]
    },
  )
}

/** A function, or the one that a call wraps. */
function functionIn(expression: ts.Expression): ts.ArrowFunction | ts.FunctionExpression | undefined {
  if (ts.isArrowFunction(expression) || ts.isFunctionExpression(expression)) return expression
  if (!ts.isCallExpression(expression)) return undefined
  const found = expression.arguments.map(functionIn).filter((it) => it !== undefined)
  // What else a wrapper is given, such as a check of options, stands beside the function on a tensor.
  return found.find(({ parameters }) => /^Tensor/.test(parameters[0]?.type?.getText() ?? "")) ?? found[0]
}

/** What is destructured is shown by its type. */
function parameterText(node: ts.ParameterDeclaration, text: (node: ts.Node | undefined) => string): string {
  if (ts.isIdentifier(node.name)) {
    const optional = node.questionToken !== undefined || node.initializer !== undefined ? "?" : ""
    return `${node.dotDotDotToken === undefined ? "" : "..."}${node.name.text}${optional}${node.type === undefined ? "" : `: ${text(node.type)}`}`
  }
  return `options?: ${node.type === undefined ? "object" : text(node.type)}`
}

function docOf(statement: ts.Statement): string {
  const [last] = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc).slice(-1)
  const text = last === undefined ? "" : (ts.getTextOfJSDocComment(last.comment) ?? "")
  const line = text.replace(/\s+/g, " ")
  return /^(.*?[.:])(\s|$)/.exec(line)?.[1] ?? line.slice(0, 160)
}
