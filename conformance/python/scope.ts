/** Names of one Python function call, linked to those around it. */
import { PythonError, type Value } from "./values.ts"

export class Scope {
  private readonly variables = new Map<string, Value>()
  private readonly redirected = new Map<string, Scope>()
  private readonly parent: Scope | null

  constructor(parent: Scope | null = null) {
    this.parent = parent
  }

  get(name: string): Value {
    const found = this.find(name)
    if (found === undefined) throw new PythonError("NameError", `${name} is not defined`)
    return found
  }

  find(name: string): Value | undefined {
    const own = this.variables.get(name)
    return own !== undefined ? own : this.parent?.find(name)
  }

  /** Assignment makes a local name, unless `nonlocal` or `global` said otherwise. */
  set(name: string, value: Value): void {
    const target = this.redirected.get(name)
    if (target) target.set(name, value)
    else this.variables.set(name, value)
  }

  /** `nonlocal name` (the nearest scope around that has it) or `global name` (the outermost one). */
  redirect(name: string, outermost: boolean): void {
    let scope = this.parent
    // The outermost scope holds the built-in names; the module's own is the one before it.
    while (scope?.parent?.parent && (outermost || !scope.variables.has(name))) scope = scope.parent
    if (scope) this.redirected.set(name, scope)
  }

  entries(): ReadonlyMap<string, Value> {
    return this.variables
  }
}
