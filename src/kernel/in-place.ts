import type { Expr, Kernel, Stmt } from "./ir.ts"
import { eachPart, eachStatement, valuesOf } from "./walk.ts"

interface Access {
  readonly buffer: number
  readonly index: string
  readonly lanes: number
}

/** For each buffer that is read, those that are written at the place, and in the turn, of every read of it. */
type Partners = ReadonlyMap<number, ReadonlySet<number>>

const known = new WeakMap<Kernel, Partners>()

/**
 * Whether what a kernel writes may lie where an input of it lies: each element of the output is stored once, and an
 * element of the input is read only before that, by the turn that stores at its place. Then no turn reads what another
 * one has written, in whichever order, and on however many threads, they run.
 */
export function worksInPlace(kernel: Kernel, input: number, output: number): boolean {
  const [from, to] = [kernel.buffers[input]!, kernel.buffers[output]!]
  if (from.access !== "read" || to.access !== "write") return false
  if (from.type !== to.type || from.length !== to.length) return false
  let partners = known.get(kernel)
  if (partners === undefined) known.set(kernel, (partners = new Accesses(kernel).partners()))
  return partners.get(input)?.has(output) ?? false
}

class Accesses {
  private readonly kernel: Kernel
  /** Elements that are stored, repetitions included; not a number where that depends on data. */
  private readonly stored: number[]
  private readonly candidates = new Map<number, Set<number>>()
  private readonly assigned = new Set<number>()

  constructor(kernel: Kernel) {
    this.kernel = kernel
    this.stored = kernel.buffers.map(() => 0)
  }

  partners(): Partners {
    const { kernel, stored, candidates } = this
    eachStatement(kernel.body, (stmt) => {
      if (stmt.kind === "assign") this.assigned.add(stmt.variable.id)
    })
    this.block(kernel.body, 1)
    const once = kernel.buffers.map(({ length }, i) => stored[i] === length && !candidates.has(i))
    for (const outputs of candidates.values())
      for (const output of outputs) if (!once[output]) outputs.delete(output)
    return candidates
  }

  /** A block whose statements run `turns` times. */
  private block(body: readonly Stmt[], turns: number): void {
    const loads: { access: Access; at: number }[] = []
    const stores: { access: Access; at: number }[] = []
    body.forEach((stmt, at) => {
      for (const value of valuesOf(stmt)) {
        eachPart(value, (part) => {
          if (part.kind === "load") loads.push({ access: this.access(part, part.lanes), at })
        })
      }
      if (stmt.kind === "store") {
        const { lanes } = stmt.value
        stores.push({ access: this.access(stmt, lanes), at })
        this.stored[stmt.buffer]! += turns * lanes
      } else if (stmt.kind === "for") this.block(stmt.body, turns * turnsOf(stmt))
      else if (stmt.kind === "while") this.block(stmt.body, Number.NaN)
      else if (stmt.kind === "if") this.block([...stmt.then, ...stmt.else], Number.NaN)
    })
    // Threads that share loops compute what stands before them anew, at any time.
    if (body === this.kernel.body && body.some(({ kind }) => kind === "for")) stores.length = 0
    for (const { access, at } of loads) {
      const after = stores.filter((store) => store.at >= at && same(store.access, access))
      this.narrow(access.buffer, new Set(after.map((store) => store.access.buffer)))
    }
  }

  private access({ buffer, index }: { buffer: number; index: Expr }, lanes: number): Access {
    let fixed = true
    const text = JSON.stringify(index, (key, value: unknown) => {
      if (key === "variable" && this.assigned.has((value as { id: number }).id)) fixed = false
      return value
    })
    // An index that changes on the way is like no other.
    return { buffer, index: fixed ? text : "", lanes }
  }

  private narrow(input: number, outputs: Set<number>): void {
    const before = this.candidates.get(input)
    this.candidates.set(
      input,
      before === undefined ? outputs : new Set([...before].filter((output) => outputs.has(output))),
    )
  }
}

const same = (a: Access, b: Access): boolean => a.index !== "" && a.index === b.index && a.lanes === b.lanes

function turnsOf({ from, to, step }: Stmt & { kind: "for" }): number {
  if (from.kind !== "constant" || to.kind !== "constant") return Number.NaN
  return Math.max(0, Math.ceil((to.value - from.value) / step))
}
