import { vectorize } from "../../autodiff/index.ts"
import { NablaError, normalizeDim } from "../../base/index.ts"
import { placeholderNode } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { drawingFor } from "../generator.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { flattenTree } from "../tree.ts"
import type { AnyFunction, Trace } from "./trace.ts"
import { traceOn } from "./trace.ts"

export interface VmapOptions {
  /** The batch dimension of each argument, or null for one that is the same for all examples (default 0). */
  readonly inDims?: number | null | readonly (number | null)[]
  /** Where the batch dimension goes in the results (default 0). */
  readonly outDims?: number
  /** Whether random functions draw for each example anew (default), or once for all. */
  readonly randomness?: "different" | "same"
}

/**
 * Turns a function of one example into a function of a batch of them, without a loop: every operation is replaced by
 * its batched form. Nests, and composes with the derivatives: vmap(grad(f)) gives the gradient of each example.
 *
 * @throws NABLA_PLACEHOLDER_VALUE when f reads the value of a tensor: it stands for all examples at once
 */
export function vmap(f: AnyFunction, options: VmapOptions = {}): AnyFunction {
  const { inDims = 0, outDims = 0, randomness = "different" } = options
  return (...args: unknown[]) => {
    const dims = args.map((_, i) =>
      inDims === null || typeof inDims === "number" ? inDims : (inDims[i] ?? null),
    )
    const mapped = args.filter((_, i) => dims[i] !== null)
    const mappedDims = dims.filter((dim) => dim !== null)
    const leaves = mapped.flatMap((arg, i) =>
      flattenTree(arg).leaves.map((leaf) => ({ leaf, dim: mappedDims[i]! })),
    )
    const size = batchSize(leaves)
    const batches = leaves.map(({ leaf, dim }) =>
      ops.toFront(leaf.node, normalizeDim(dim, leaf.ndim, "vmap")),
    )
    const stands = batches.map((batch) => placeholderNode(batch.shape.slice(1), batch.aval.dtype))
    const whole: AnyFunction = (...examples: unknown[]) => {
      let next = 0
      return f(...args.map((arg, i) => (dims[i] === null ? arg : examples[next++])))
    }
    const example = placeholderNode([], "int32")
    const tracing = (): Trace => traceOn(whole, mapped, stands)
    const run = randomness === "different" ? drawingFor(example, size, tracing) : tracing()
    const numbers = ops.iota([size], [0])
    const outputs = vectorize(run.outputs, [...stands, example], [...batches, numbers], size)
    return run.rebuildResult(outputs.map((output) => wrap(moveFront(output, outDims))))
  }
}

function batchSize(leaves: readonly { leaf: Tensor; dim: number }[]): number {
  const sizes = new Set(leaves.map(({ leaf, dim }) => leaf.shape[dim < 0 ? dim + leaf.ndim : dim]))
  const [size] = sizes
  if (sizes.size === 1 && size !== undefined) return size
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the mapped arguments differ in batch size, or there are none",
    where: "vmap",
    expected: "one size along every mapped dimension",
    got: leaves.length === 0 ? "no mapped tensors" : [...sizes].join(" and "),
  })
}

function moveFront(node: Parameters<typeof wrap>[0], to: number): typeof node {
  const rank = node.shape.length
  const at = normalizeDim(to, rank, "vmap")
  const order = Array.from({ length: rank - 1 }, (_, i) => i + 1)
  order.splice(at, 0, 0)
  return ops.permute(node, order)
}
