import { defaultDevice } from "../engine/index.ts"
import { isCapturing } from "./capture.ts"
import type { ProgramMemory } from "./captured.ts"
import { CapturedProgram, formOf } from "./captured.ts"
import type { Tensor } from "./tensor.ts"
import type { AnyFunction } from "./transforms/trace.ts"
import { flattenTree } from "./tree.ts"

export interface CompileOptions {
  /**
   * Capture anew and compare with the first time: at each call (slow, and finds what a replay would get wrong), or once
   * for each program, instead of its first replay. Default: false.
   */
  readonly check?: boolean | "once"
}

/** A compiled function: the function, and what is known of its programs. */
export type Compiled<F extends AnyFunction> = F & {
  /** Why each program was captured. */
  readonly captures: readonly string[]
  /** Memory of the program that ran last, once there is one. */
  memory(): ProgramMemory | null
}

/** Programs that a compiled function keeps, the latest ones. */
const PROGRAM_LIMIT = 16

/**
 * Captures what a function does to tensors and replays it: no graph is built and nothing is planned again. The first
 * call runs as it is written (what is made on first use is made then), the second is captured, later ones are replays.
 * A call with other shapes, types or plain arguments, or on another device, gets a program of its own.
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
 */
export function compile<F extends AnyFunction>(f: F, { check = false }: CompileOptions = {}): Compiled<F> {
  const programs = new Map<string, CapturedProgram | null>()
  const unchecked = new Set<string>()
  const captures: string[] = []
  let last: CapturedProgram | null = null

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
    return made
  }

  const compiled = (...args: unknown[]): unknown => {
    if (isCapturing()) return f(...args)
    const { leaves, rebuild } = flattenTree(args)
    const key = callKey(leaves, rebuild)
    if (!programs.has(key)) {
      if (programs.size >= PROGRAM_LIMIT) programs.delete(programs.keys().next().value!)
      programs.set(key, null)
      return f(...args)
    }
    last = program(key, leaves, rebuild)
    last.repeatHostWork()
    return last.run(leaves)
  }
  return Object.defineProperties(compiled, {
    captures: { value: captures },
    memory: { value: () => last?.memory ?? null },
  }) as unknown as Compiled<F>
}

/** Text that tells apart the calls that need programs of their own. */
function callKey(leaves: readonly Tensor[], rebuild: (leaves: readonly Tensor[]) => unknown): string {
  const plain = rebuild(leaves.map(formOf) as unknown as Tensor[])
  return `${JSON.stringify(plain)} on ${defaultDevice()}`
}
