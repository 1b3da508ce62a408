import type { Expr, Kernel, Stmt, Variable } from "./ir.ts"
import type { Loop } from "./sharing.ts"
import { loopTurns, sharedWork, worthSharing } from "./sharing.ts"
import { eachPart, eachStatement, valuesOf } from "./walk.ts"

/** A part of a kernel that is whole before the next one begins. */
export interface Stage {
  /** What values from before the stage are: computed anew, since they depend on nothing that the kernel writes. */
  readonly setup: readonly Stmt[]
  /** The statements of a stage that one thread runs. */
  readonly body: readonly Stmt[]
  /** The loop whose turns threads share out; then `body` holds nothing else. */
  readonly shared: SharedLoop | null
}

export interface SharedLoop {
  readonly loop: Loop
  readonly turns: number
  /** Roughly the operations of all turns. */
  readonly work: number
}

/** A statement or a run of statements at the top of the kernel, before it is known what it needs from outside. */
interface Draft {
  readonly body: Stmt[]
  readonly shared: SharedLoop | null
}

/**
 * The stages of a kernel that several threads can work on: loops that are worth sharing out, and what lies between
 * them. Null when there is no such loop, or when a stage would need a value that another one computes in variables.
 */
export function stagesOf(kernel: Kernel): readonly Stage[] | null {
  const drafts = drafted(kernel)
  if (!drafts.some(({ shared }) => shared !== null)) return null
  const known = new Repeatable(kernel)
  const stages: Stage[] = []
  for (const { body, shared } of drafts) {
    // Values alone are no work: stages that need them compute them.
    if (body.every(({ kind }) => kind === "let")) continue
    const setup = known.setup(body)
    if (setup === null) return null
    stages.push({ setup, body, shared })
  }
  return stages
}

function drafted(kernel: Kernel): Draft[] {
  const drafts: Draft[] = []
  for (const stmt of kernel.body) {
    const last = drafts.at(-1)
    if (stmt.kind === "for" && worthSharing(stmt, kernel)) {
      const shared = { loop: stmt, turns: loopTurns(stmt), work: sharedWork(stmt, kernel) }
      drafts.push({ body: [stmt], shared })
    } else if (last !== undefined && last.shared === null) last.body.push(stmt)
    else drafts.push({ body: [stmt], shared: null })
  }
  return drafts
}

/** The values at the top of a kernel that every thread can compute for itself, at any time. */
class Repeatable {
  private readonly kernel: Kernel
  private readonly assigned = new Set<Variable>()
  private readonly lets = new Map<Variable, Stmt & { kind: "let" }>()

  constructor(kernel: Kernel) {
    this.kernel = kernel
    eachStatement(kernel.body, (stmt) => {
      if (stmt.kind === "assign") this.assigned.add(stmt.variable)
    })
    for (const stmt of kernel.body) if (stmt.kind === "let") this.lets.set(stmt.variable, stmt)
  }

  /** The statements that give values to what `body` uses and does not define, or null when there are none. */
  setup(body: readonly Stmt[]): Stmt[] | null {
    const own = defined(body)
    const wanted = new Set<Variable>()
    const want = (variable: Variable): boolean => {
      if (own.has(variable) || wanted.has(variable)) return true
      const stmt = this.lets.get(variable)
      if (stmt === undefined || this.assigned.has(variable) || !this.readsInputs(stmt.value)) return false
      wanted.add(variable)
      return used([stmt]).every(want)
    }
    if (!used(body).every(want)) return null
    return this.kernel.body.filter((stmt) => stmt.kind === "let" && wanted.has(stmt.variable))
  }

  private readsInputs(value: Expr): boolean {
    let only = true
    eachPart(value, (part) => {
      if (part.kind === "load" && this.kernel.buffers[part.buffer]!.access !== "read") only = false
    })
    return only
  }
}

function defined(body: readonly Stmt[]): Set<Variable> {
  const variables = new Set<Variable>()
  eachStatement(body, (stmt) => {
    if (stmt.kind === "let" || stmt.kind === "for") variables.add(stmt.variable)
  })
  return variables
}

function used(body: readonly Stmt[]): Variable[] {
  const variables = new Set<Variable>()
  const visit = (part: Expr): void => {
    if (part.kind === "variable") variables.add(part.variable)
  }
  eachStatement(body, (stmt) => {
    if (stmt.kind === "assign") variables.add(stmt.variable)
    for (const value of valuesOf(stmt)) eachPart(value, visit)
  })
  return [...variables]
}
