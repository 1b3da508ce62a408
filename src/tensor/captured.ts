import { NablaError } from "../base/index.ts"
import type { Program } from "../engine/index.ts"
import { prepareProgram, realize } from "../engine/index.ts"
import type { Node, StoredValue } from "../graph/index.ts"
import { sourceNode } from "../graph/index.ts"
import type { CapturedUpdate } from "./capture.ts"
import { Capture } from "./capture.ts"
import type { Tensor } from "./tensor.ts"
import { wrap } from "./tensor.ts"
import type { AnyFunction } from "./transforms/trace.ts"
import { flattenTree } from "./tree.ts"
import { realizeWithUnread } from "./unread.ts"
import { settleTargets } from "./update.ts"

/** Where a value comes from at each replay. */
type Source =
  | { readonly kind: "argument"; readonly at: number }
  | { readonly kind: "tensor"; readonly tensor: Tensor }
  /** A value that the function closes over, or one that the host makes for each run. */
  | { readonly kind: "constant" | "made"; readonly value: StoredValue }
  | { readonly kind: "result"; readonly at: number }

/** Shape and type of a tensor, as text. */
export const formOf = ({ shape, dtype }: Tensor): string => `${dtype}[${shape.join(",")}]`

/** What a program's kernels share on the way to its results. */
export interface ProgramMemory {
  /** Bytes of the block that holds what is computed on the way, laid out once. */
  readonly temporaryBytes: number
  /** Bytes of the values in it that are alive together, where they are most; no layout takes less. */
  readonly liveBytes: number
  /** temporaryBytes / liveBytes: 1 is perfect, and what a program without temporaries has. */
  readonly ratio: number
  readonly kernels: number
}

interface Parts {
  readonly program: Pick<Program, "run" | "form" | "temporaryBytes" | "liveBytes" | "kernelCount">
  readonly inputs: readonly Source[]
  readonly outputs: readonly { readonly source: Source; readonly like: Node["aval"] }[]
  readonly rebuild: (leaves: readonly Tensor[]) => unknown
  readonly updates: readonly {
    readonly target: Tensor
    readonly kind: CapturedUpdate["kind"]
    readonly source: Source
  }[]
  readonly hostWork: readonly (() => void)[]
}

/** What a function did once, ready to be done again on other values. */
export class CapturedProgram {
  private readonly parts: Parts
  /** Shapes and types of the tensors from outside, as they were. */
  private readonly outside: readonly { readonly tensor: Tensor; readonly form: string }[]

  private constructor(parts: Parts) {
    this.parts = parts
    const sources = [...parts.inputs, ...parts.outputs.map(({ source }) => source)]
    this.outside = sources.flatMap((source) =>
      source.kind === "tensor" ? [{ tensor: source.tensor, form: formOf(source.tensor) }] : [],
    )
  }

  /** Runs `f` on stand-ins of its tensors and writes down what it does; nothing is computed. */
  static capture(
    f: AnyFunction,
    leaves: readonly Tensor[],
    rebuild: (leaves: readonly Tensor[]) => unknown,
  ): CapturedProgram {
    realize(
      leaves.map(({ node }) => node),
      { keepTracked: true },
    )
    const inputs = leaves.map(({ node, shape, dtype }) => sourceNode(shape, dtype, node.value!))
    const log = new Capture(new Set(inputs))
    const { result, updates } = log.record(() => flattenTree(f(...(rebuild(inputs.map(wrap)) as unknown[]))))
    const outputs = result.leaves.map(({ node }) => node)
    const produced = [...new Set([...outputs, ...updates.map(({ final }) => final)])].filter(
      (node) => node.value === null,
    )
    const { given, ...program } = prepareProgram(produced)
    const sourceOf = (node: Node): Source => {
      const at = inputs.indexOf(node)
      if (at >= 0) return { kind: "argument", at }
      const made = produced.indexOf(node)
      if (made >= 0) return { kind: "result", at: made }
      const tensor = log.handles.get(node)
      if (tensor !== undefined) return { kind: "tensor", tensor }
      return { kind: log.hostInputs.has(node) ? "made" : "constant", value: node.value! }
    }
    return new CapturedProgram({
      program,
      inputs: given.map(sourceOf),
      outputs: outputs.map((node) => ({ source: sourceOf(node), like: node.aval })),
      rebuild: result.rebuild,
      updates: updates.map(({ target, kind, final }) => ({ target, kind, source: sourceOf(final) })),
      hostWork: log.hostWork,
    })
  }

  get memory(): ProgramMemory {
    const { temporaryBytes, liveBytes, kernelCount } = this.parts.program
    const ratio = liveBytes === 0 ? 1 : temporaryBytes / liveBytes
    return { temporaryBytes, liveBytes, ratio, kernels: kernelCount }
  }

  /** Why the program no longer fits the tensors from outside, or null. */
  changed(): string | null {
    const odd = this.outside.find(({ tensor, form }) => formOf(tensor) !== form)
    return odd === undefined
      ? null
      : `a tensor from outside changed from ${odd.form} to ${formOf(odd.tensor)}`
  }

  /** Does on the host what the function did there, as each replay must. */
  repeatHostWork(): void {
    for (const work of this.parts.hostWork) work()
  }

  /**
   * Computes the results for the values of the moment and moves what the function changes. Gives what the function
   * returned, and the values that nothing but the results refers to.
   */
  run(leaves: readonly Tensor[]): { readonly result: unknown; readonly values: ReadonlySet<StoredValue> } {
    const { program, inputs, outputs, rebuild, updates } = this.parts
    // As before every update: results that somebody may still read are computed from what is about to change.
    if (updates.length > 0) realizeWithUnread()
    const results: StoredValue[] = []
    const current = (source: Source): StoredValue => {
      if ("value" in source) return source.value
      if (source.kind === "result") return results[source.at]!
      const tensor = source.kind === "argument" ? leaves[source.at]! : source.tensor
      if (tensor.node.value === null) realize([tensor.node], { keepTracked: true })
      return tensor.node.value!
    }
    results.push(...program.run(inputs.map(current)))
    const made = outputs.map(({ source, like }) => wrap(sourceNode(like.shape, like.dtype, current(source))))
    const settled = updates.map(({ target, kind, source }) => ({ target, kind, value: current(source) }))
    settleTargets(
      settled.filter(({ kind }) => kind === "parameter"),
      settled.filter(({ kind }) => kind === "state"),
      "a compiled step has replaced it",
    )
    const values = new Set(results)
    for (const { value } of settled) values.delete(value)
    return { result: rebuild(made), values }
  }

  /** @throws NABLA_CAPTURE when another capture of the same call did something else */
  checkAgainst(other: CapturedProgram): void {
    const [mine, theirs] = [this.parts, other.parts]
    if (mine.program.form !== theirs.program.form) {
      throw new NablaError("NABLA_CAPTURE", {
        message: "the function does something else than when it was captured",
        where: "compile",
        expected: `${mine.program.kernelCount} kernels of the same form`,
        got: `${theirs.program.kernelCount} kernels of another form`,
        hint: "a branch or a loop went another way: make the decision outside, or pass it as a plain argument",
      })
    }
    mine.inputs.forEach((source, i) => {
      const now = theirs.inputs[i]!
      if (source.kind !== "constant" || now.kind !== "constant") return
      const [before, after] = [source.value.host?.[0], now.value.host?.[0]]
      if (source.value.length !== 1 || Object.is(before, after)) return
      throw new NablaError("NABLA_CAPTURE", {
        message: "a number that the function reads is not what it was when the function was captured",
        where: "compile",
        expected: String(before),
        got: String(after),
        hint: "pass numbers that change as tensors, or as plain arguments of the function",
      })
    })
  }
}
