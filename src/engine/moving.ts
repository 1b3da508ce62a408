import type { Call, Capabilities, Device, Program } from "../base/index.ts"
import type { Kernel } from "../kernel/index.ts"
import type { Plan } from "../plan/index.ts"

/** What runs programs. */
export type Runner = Pick<Device, "run">

/** A program that is being compiled: null until it is there. It throws what went wrong. */
export type ComingProgram = () => Program | null

/**
 * A faster device that runs its programs on the memory of another one. It takes its time to come up, in the background,
 * and may never do so.
 */
export interface Successor extends Runner {
  /** How it stands with it, for people. */
  readonly description: string
  /** What keeps it from coming up; null as long as nothing does. */
  readonly obstacle: string | null
  /** What kernels are to be written for; null while it is not there, or busy. To ask is what brings it up. */
  ready(): Capabilities | null
  /** Begins to compile. */
  begin(kernels: readonly Kernel[]): ComingProgram
  /** From now on nothing moves; what has moved stays. */
  giveUp(cause: unknown): void
  setThreads(count: number): void
  run(program: Program, calls: readonly Call[]): void
}

export interface PlannedProgram {
  readonly plan: Plan
  readonly program: Program
}

/** Milliseconds that a program has to have run in all before it is worth compiling once more. */
const WORTH = 200
/** Milliseconds between two looks at what goes on in the background. */
const PAUSE = 4

/** How one program gets to the successor of its device. */
export class Move {
  readonly successor: Successor
  private spent = 0
  private looked = Number.NEGATIVE_INFINITY
  private coming: { readonly plan: Plan; readonly program: ComingProgram } | null = null
  private stays = false

  constructor(successor: Successor) {
    this.successor = successor
  }

  /** Whether there is nothing to wait for any more. */
  get over(): boolean {
    return this.stays || this.successor.obstacle !== null
  }

  /** Notes a run of the program as it is. */
  ran(milliseconds: number): void {
    this.spent += milliseconds
  }

  /**
   * What to run from now on, or null as long as that is not there. Called before each run, since a loop that never
   * waits gives no other occasion.
   *
   * @param replan makes the plan for other capabilities
   */
  next(present: Plan, replan: (device: Capabilities) => Plan): PlannedProgram | null {
    if (this.spent < WORTH || this.over) return null
    const now = performance.now()
    if (now - this.looked < PAUSE) return null
    this.looked = now
    try {
      return this.look(present, replan)
    } catch (cause) {
      // Whatever it is, the program runs where it runs.
      this.successor.giveUp(cause)
      return null
    }
  }

  private look(present: Plan, replan: (device: Capabilities) => Plan): PlannedProgram | null {
    if (this.coming === null) {
      const capabilities = this.successor.ready()
      if (capabilities === null) return null
      const plan = aligned(replan(capabilities), present)
      if (plan === null) this.stays = true
      else this.coming = { plan, program: this.successor.begin(plan.kernels) }
    }
    const program = this.coming?.program() ?? null
    return program === null ? null : { plan: this.coming!.plan, program }
  }
}

/** A plan that takes and gives its values in the order of another one, if they are the same. */
function aligned(plan: Plan, other: Plan): Plan | null {
  const same = (a: readonly number[], b: readonly number[]): boolean =>
    a.length === b.length && a.every((node) => b.includes(node))
  if (!same(plan.given, other.given) || !same(plan.results, other.results)) return null
  return { ...plan, given: other.given, results: other.results }
}
