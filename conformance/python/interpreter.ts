/** The front door of the Python interpreter: run a source, evaluate an expression, call what came out. */
import { builtins } from "./builtins.ts"
import { evaluate } from "./evaluate.ts"
import { executeBlock } from "./execute.ts"
import type { Host } from "./host.ts"
import { parseExpression, parseModule } from "./parse.ts"
import { Runtime } from "./runtime.ts"
import { Scope } from "./scope.ts"
import type { Keywords, Value } from "./values.ts"

export class Interpreter {
  readonly runtime: Runtime
  private readonly globals: Scope

  constructor(host: Host, names: Iterable<readonly [string, Value]> = []) {
    this.runtime = new Runtime(host)
    const outermost = new Scope()
    for (const [name, value] of builtins(this.runtime)) outermost.set(name, value)
    this.globals = new Scope(outermost)
    for (const [name, value] of names) this.globals.set(name, value)
  }

  /** Executes statements; what they define stays for later calls. */
  run(source: string): void {
    executeBlock(this.runtime, parseModule(source), this.globals)
  }

  /** Compiles an expression once; each call evaluates it with names of its own. */
  expression(source: string): (names: Iterable<readonly [string, Value]>) => Value {
    const tree = parseExpression(source)
    return (names) => {
      const scope = new Scope(this.globals)
      for (const [name, value] of names) scope.set(name, value)
      return evaluate(this.runtime, tree, scope)
    }
  }

  evaluate(source: string, names: Iterable<readonly [string, Value]> = []): Value {
    return this.expression(source)(names)
  }

  get(name: string): Value {
    return this.globals.get(name)
  }

  call(callee: Value, args: Value[], keywords: Keywords = new Map()): Value {
    return this.runtime.call(callee, args, keywords)
  }
}
