import { formatShape, NablaError, sameShape } from "../base/index.ts"
import type { Tensor, Update } from "../tensor/index.ts"
import { add, defaultGenerator, hostWork } from "../tensor/index.ts"
import { changeState, holdingState } from "./assign.ts"

/**
 * How the replicas of a model, each with its part of the batch, add up what they know. All replicas make the same calls
 * in the same order.
 */
export interface Communicator {
  /** Number of replicas. */
  readonly size: number
  /**
   * The sum of what all replicas give in this call, the same for all of them. Derivatives pass: what each replica's loss
   * owes to the sum belongs to all that was added up, so that the derivative of the sum is the sum over the replicas of
   * their derivatives.
   */
  allReduce(value: Tensor): Tensor
}

/** One replica alone: the sum is the value. */
export const alone: Communicator = { size: 1, allReduce: (value) => value }

/** Thrown where a replica has to wait for what the others give. */
class Waiting extends Error {}

/** What is known while the replicas are run. */
interface Session {
  /** The results of the calls that all replicas have made. */
  readonly sums: Tensor[]
  /** What the replicas gave in the next call. */
  given: Tensor[]
  /** Number of calls that the running replica has made. */
  calls: number
}

/**
 * Replicas in one process, one after another: for tests, and to see what several machines would compute. They may share
 * one model, or each have its own. See inProcess.
 */
export class InProcessCommunicator implements Communicator {
  readonly size: number
  #session: Session | null = null

  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "size is no number of replicas",
        where: "inProcess",
        expected: "a whole number ≥ 1",
        got: String(size),
      })
    }
    this.size = size
  }

  allReduce(value: Tensor): Tensor {
    const session = this.#session
    if (session === null) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the other replicas are not running",
        where: "inProcess",
        expected: "a call inside run",
        got: "one outside",
        hint: "call the model in communicator.run((rank) => model.forward(parts[rank]))",
      })
    }
    const known = session.sums[session.calls++]
    if (known !== undefined) return known
    session.given.push(value)
    throw new Waiting()
  }

  /**
   * Runs `f` for each replica and gives the results in order. A replica that needs a sum waits for the others, which
   * here means that `f` is begun anew when the sum is known: it is called several times, and must do the same each time.
   * Running statistics change once, and random numbers of the default generator are the same each time.
   *
   * @throws NABLA_INVALID_ARGUMENT when the replicas do not make the same calls
   */
  run<T>(f: (rank: number) => T): T[] {
    const sums: Tensor[] = []
    let random = defaultGenerator.state
    hostWork(() => {
      random = defaultGenerator.state
    })
    try {
      for (;;) {
        hostWork(() => {
          defaultGenerator.state = random
        })
        const session: Session = { sums, given: [], calls: 0 }
        const passes = Array.from({ length: this.size }, (_, rank) => this.#pass(session, () => f(rank)))
        if (session.given.length === 0) {
          changeState(firstOfEach(passes.flatMap((pass) => pass?.changes ?? [])))
          return passes.map((pass) => pass!.result)
        }
        sums.push(this.#sum(session.given))
      }
    } finally {
      this.#session = null
    }
  }

  /** Runs one replica as far as it gets; null when it waits. */
  #pass<T>(session: Session, f: () => T): { result: T; changes: Update[] } | null {
    this.#session = session
    session.calls = 0
    try {
      return holdingState(f)
    } catch (error) {
      if (error instanceof Waiting) return null
      throw error
    }
  }

  #sum(given: readonly Tensor[]): Tensor {
    const [first, ...others] = given
    if (given.length !== this.size || others.some(({ shape }) => !sameShape(shape, first!.shape))) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the replicas do not add up the same",
        where: "inProcess",
        expected: `${this.size} tensors of one shape`,
        got: given.map(({ shape }) => formatShape(shape)).join(", "),
      })
    }
    return others.reduce((sum, value) => add(sum, value), first!)
  }
}

/** A model that several replicas share changes its state once. */
function firstOfEach(changes: readonly Update[]): Update[] {
  const seen = new Set<Tensor>()
  return changes.filter(({ target }) => !seen.has(target) && seen.add(target))
}

/**
 * A communicator for replicas in one process.
 *
 * @param size number of replicas
 *
 * @example
 * const replicas = nn.inProcess(2)
 * const model = nn.convertSyncBatchNorm(nn.sequential(nn.linear(3, 4), nn.batchNorm1d(4)), replicas)
 * const parts = randn([8, 3]).chunk(2)
 * replicas.run((rank) => model.forward(parts[rank]).shape) // [[4, 4], [4, 4]]
 */
export function inProcess(size: number): InProcessCommunicator {
  return new InProcessCommunicator(size)
}
