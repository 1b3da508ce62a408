import { NablaError } from "../base/index.ts"
import { cat, customFunction, Tensor } from "../tensor/index.ts"

/**
 * Called during backward with the gradients of a module's arguments and of its outputs; null stands where there is none.
 * What it returns, if anything, takes the place of the arguments' gradients on the way further back.
 */
export type BackwardHook<Owner> = (
  module: Owner,
  gradInput: readonly (Tensor | null)[],
  gradOutput: readonly (Tensor | null)[],
  // biome-ignore lint/suspicious/noConfusingVoidType: most hooks only look
) => readonly (Tensor | null)[] | undefined | void

/** Has the backward hooks of a module called for one forward pass. */
export class BackwardWatch<Owner> {
  private readonly module: Owner
  private readonly hooks: Iterable<BackwardHook<Owner>>
  private gradOutput: readonly (Tensor | null)[] = []
  /** The arguments without a gradient: when there are no others, the hooks are called at the outputs. */
  private noGradients: readonly null[] = []
  private inputsTracked = false

  constructor(module: Owner, hooks: Iterable<BackwardHook<Owner>>) {
    this.module = module
    this.hooks = hooks
  }

  /** The arguments, through which gradients are seen. */
  inputs(args: readonly unknown[]): readonly unknown[] {
    this.inputsTracked = args.some(isTracked)
    this.noGradients = args.map(() => null)
    return observed(args, (gradInput) => this.#call(gradInput))
  }

  /** The output, or outputs in an array, through which gradients are seen. */
  outputs(output: unknown): unknown {
    const list: readonly unknown[] = Array.isArray(output) ? output : [output]
    const seen = observed(list, (gradOutput) => {
      this.gradOutput = gradOutput
      if (!this.inputsTracked) this.#call(this.noGradients)
      return gradOutput
    })
    return Array.isArray(output) ? seen : seen[0]
  }

  #call(gradInput: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
    let gradients = gradInput
    for (const hook of this.hooks) {
      const replaced = hook(this.module, gradients, this.gradOutput) ?? gradients
      if (replaced.length !== gradients.length) throw wrongCount(gradients.length, replaced.length)
      gradients = replaced
    }
    return gradients
  }
}

function wrongCount(expected: number, got: number): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "a backward hook gives a gradient for each argument, or nothing",
    where: "registerFullBackwardHook",
    expected: `${expected} gradients`,
    got: String(got),
  })
}

function isTracked(value: unknown): value is Tensor {
  return value instanceof Tensor && (value.requiresGrad || !value.isLeaf)
}

type Gradients = readonly (Tensor | null)[]

/** The values, of which those that derivatives pass through show their gradients to `hook`, all at once. */
function observed(values: readonly unknown[], hook: (gradients: Gradients) => Gradients): readonly unknown[] {
  const tracked = values.filter(isTracked)
  if (tracked.length === 0) return values
  const places = values.flatMap((value, i) => (isTracked(value) ? [i] : []))
  const seen = joined(tracked, (gradients) => {
    const all: (Tensor | null)[] = values.map(() => null)
    for (const [i, place] of places.entries()) all[place] = gradients[i]!
    const replaced = hook(all)
    return places.map((place) => replaced[place] ?? null)
  })
  const result = [...values]
  for (const [i, place] of places.entries()) result[place] = seen[i]!
  return result
}

/** The tensors unchanged, with their gradients passing through `hook` together. */
function joined(tensors: readonly Tensor[], hook: (gradients: readonly Tensor[]) => Gradients): Tensor[] {
  const [first] = tensors
  if (tensors.length === 1) {
    const pass = customFunction({
      forward: (x) => x!,
      jvp: (_, __, [tangent]) => tangent!,
      vjp: (_, __, cotangent) => hook([cotangent]),
    })
    return [pass(first!)]
  }
  // A function has one value: the tensors pass in one row, so that their gradients arrive together.
  const dtype = tensors.some((t) => t.dtype === "float64") ? "float64" : "float32"
  const pack = (parts: readonly Tensor[]): Tensor => cat(parts.map((t) => t.reshape([-1]).to(dtype)))
  const unpack = (row: Tensor): Tensor[] => {
    let end = 0
    return tensors.map((t) => {
      const start = end
      end += t.numel()
      return row
        .narrow(0, start, end - start)
        .reshape(t.shape)
        .to(t.dtype)
    })
  }
  const pass = customFunction({
    forward: (...parts) => pack(parts),
    jvp: (_, __, tangents) => pack(tangents),
    vjp: (_, __, cotangent) => hook(unpack(cotangent)),
  })
  return unpack(pass(...tensors))
}
