import { defaultDevice, expire } from "../engine/index.ts"
import type { StoredValue } from "../graph/index.ts"
import { isCapturing } from "./capture.ts"
import type { ProgramMemory } from "./captured.ts"
import { CapturedProgram, formOf } from "./captured.ts"
import type { Tensor } from "./tensor.ts"
import type { AnyFunction } from "./transforms/trace.ts"
import { flattenTree } from "./tree.ts"
import { realizeWithUnread } from "./unread.ts"

export interface CompileOptions {
  /**
   * Capture anew and compare with the first time: at each call (slow, and finds what a replay would get wrong), or once
   * for each program, instead of its first replay. Default: false.
   */
  readonly check?: boolean | "once"
  /**
   * Results hold until the function is called again: their memory is used anew then. For large results that a loop
   * drops or hands on to its next turn. Without this they last, and since nobody says when they are no longer wanted,
   * they move to the host in the end, which costs a copy. One that has been read stays. Default: false.
   */
  readonly reuse?: boolean
}

/** A compiled function: the function, and what is known of its programs. */
export type Compiled<F extends AnyFunction> = F & {
  /** Why each program was captured. */
  readonly captures: readonly string[]
  /** Memory of the program that ran last, once there is one. */
  memory(): ProgramMemory | null
}

/** Texts that tell apart programs of the same arguments; see distinguishCaptures. */
const distinctions = new Set<() => string>()

/**
 * For what watches computations and adds to them, at some steps and not at others: all compiled functions keep a
 * program for each text that `state` gives. An empty one stands for "as if it were not there".
 */
export function distinguishCaptures(state: () => string): { remove(): void } {
  distinctions.add(state)
  return { remove: () => void distinctions.delete(state) }
}

/** Programs that a compiled function keeps, the latest ones. */
const PROGRAM_LIMIT = 16

/**
 * Captures what a function does to tensors and replays it: no graph is built and nothing is planned again. The first
 * call runs as it is written (what is made on first use is made then), the second is captured, later ones are replays.
 * A call with other shapes, types or plain arguments, or on another device, gets a program of its own; where only
 * leading sizes differ from what was captured before (a last batch), it is captured at its first call.
 *
 * Tensors that the function uses are inputs: arguments, parameters and buffers have the values of the moment. What
 * optimizers and random generators do on the host is repeated. Plain numbers of your own that the function closes over
 * are not looked at again: pass them as arguments, or as tensors. Results are values without a graph, and gradients
 * that the function leaves on parameters are not kept.
 *
 *     const step = compile((x: Tensor, y: Tensor) => {
 *       const loss = nn.crossEntropy(model.forward(x), y)
 *       optimizer.zeroGrad()
 *       loss.backward()
 *       optimizer.step()
 *       return loss
 *     })
 *
 * @throws NABLA_CAPTURE when the function reads a value, or with `check` when it does not do the same again
 * @throws NABLA_STALE_VALUE with `reuse`, when a result of an earlier call is used
 */
export function compile<F extends AnyFunction>(
  f: F,
  { check = false, reuse = false }: CompileOptions = {},
): Compiled<F> {
  const programs = new Map<string, CapturedProgram | null>()
  const unchecked = new Set<string>()
  /** Calls of which some size has been captured. */
  const families = new Set<string>()
  const captures: string[] = []
  let last: CapturedProgram | null = null
  let passing: Iterable<StoredValue> = []

  const program = (
    key: string,
    leaves: readonly Tensor[],
    rebuild: (leaves: readonly Tensor[]) => unknown,
  ): CapturedProgram => {
    const known = programs.get(key) ?? null
    const reason = known === null ? `arguments ${key}` : known.changed()
    const checking = check === true || unchecked.delete(key)
    if (known !== null && reason === null && !checking) return known
    const made = CapturedProgram.capture(f, leaves, rebuild)
    if (reason === null) known!.checkAgainst(made)
    else {
      captures.push(reason)
      if (check === "once") unchecked.add(key)
    }
    programs.set(key, made)
    families.add(callKey(leaves, rebuild, sizelessForm))
    return made
  }

  const compiled = (...args: unknown[]): unknown => {
    if (isCapturing()) return f(...args)
    const { leaves, rebuild } = flattenTree(args)
    const key = callKey(leaves, rebuild)
    if (!programs.has(key)) {
      if (programs.size >= PROGRAM_LIMIT) programs.delete(programs.keys().next().value!)
      programs.set(key, null)
      // What is made on first use is there when another size has been captured: this one is at once.
      if (check === true || !families.has(callKey(leaves, rebuild, sizelessForm))) return f(...args)
    }
    last = program(key, leaves, rebuild)
    last.repeatHostWork()
    // As before every update: what somebody may still read is computed from results that are about to go.
    if (reuse) realizeWithUnread()
    const { result, values } = last.run(leaves)
    if (reuse) {
      // Only now, since they may be what this call was given.
      expire(passing, "it came from an earlier call of a function that is compiled with `reuse`")
      passing = values
    }
    return result
  }
  return Object.defineProperties(compiled, {
    captures: { value: captures },
    memory: { value: () => last?.memory ?? null },
  }) as unknown as Compiled<F>
}

/** Shape and type without the leading size: batches of all sizes have the same. */
const sizelessForm = ({ shape, dtype }: Tensor): string =>
  `${dtype}${shape.length}[${shape.slice(1).join(",")}]`

/** Text that tells apart the calls that need programs of their own. */
function callKey(
  leaves: readonly Tensor[],
  rebuild: (leaves: readonly Tensor[]) => unknown,
  form: (leaf: Tensor) => string = formOf,
): string {
  const plain = rebuild(leaves.map(form) as unknown as Tensor[])
  let key = `${JSON.stringify(plain)} on ${defaultDevice()}`
  for (const state of distinctions) {
    const text = state()
    if (text !== "") key += ` with ${text}`
  }
  return key
}
