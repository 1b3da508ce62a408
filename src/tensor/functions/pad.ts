import { formatShape, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import type { IndexMap, Source } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import { along } from "../index-maps.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

export type PadMode = "constant" | "reflect" | "replicate" | "circular"

export interface PadOptions {
  /**
   * What stands outside: a constant (default), the picture mirrored at its edge elements ("reflect"), the edge element
   * repeated ("replicate"), or the other end ("circular").
   */
  readonly mode?: PadMode
  /** The constant (default 0). */
  readonly value?: number | null
}

/** Elements before and after, for each dimension. */
type Margins = readonly { readonly before: number; readonly after: number }[]

/**
 * Grows (or, where a number is negative, crops) dimensions: `pad` holds the elements to add before and after the last
 * dimension, then those of the last but one, and so on.
 *
 * @throws NABLA_INVALID_ARGUMENT when a mirrored or circular margin is larger than the dimension can give
 */
export const pad = composed(
  "pad",
  (input: Tensor, amounts: readonly number[], options: PadOptions = {}): Tensor => {
    const { mode = "constant", value } = options
    const margins = marginsOf(input, amounts)
    const sizes = input.shape.map((size, dim) => size + margins[dim]!.before + margins[dim]!.after)
    if (sizes.some((size) => size < 0)) {
      throw padError("a dimension is cropped to less than nothing", "sizes ≥ 0", formatShape(sizes))
    }
    if (mode === "constant") return wrap(padConstant(nodeOf(input), margins, sizes, value ?? 0))
    input.shape.forEach((size, dim) => {
      checkMargin(mode, size, margins[dim]!, dim)
    })
    return wrap(padFrom(nodeOf(input), margins, sizes, outside[mode]))
  },
)

function marginsOf(input: Tensor, amounts: readonly number[]): Margins {
  const even = amounts.length % 2 === 0 && amounts.length <= 2 * input.ndim
  if (!even || amounts.some((amount) => !Number.isInteger(amount))) {
    throw padError(
      "the margins do not belong to dimensions",
      `whole numbers, two for each of up to ${input.ndim} dimensions`,
      formatShape(amounts),
    )
  }
  return input.shape.map((_, dim) => {
    const at = 2 * (input.ndim - 1 - dim)
    return { before: amounts[at] ?? 0, after: amounts[at + 1] ?? 0 }
  })
}

function padError(message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, where: "pad", expected, got })
}

function padConstant(x: Node, margins: Margins, sizes: readonly number[], value: number): Node {
  const kept = ops.slice(x, {
    start: margins.map(({ before }) => Math.max(-before, 0)),
    size: x.shape.map((size, dim) => {
      const { before, after } = margins[dim]!
      return Math.max(size + Math.min(before, 0) + Math.min(after, 0), 0)
    }),
    step: x.shape.map(() => 1),
  })
  const low = margins.map(({ before }) => Math.max(before, 0))
  return ops.pad(kept, { shape: sizes, low, interior: sizes.map(() => 0), value })
}

function checkMargin(mode: PadMode, size: number, margin: Margins[number], dim: number): void {
  const { before, after } = margin
  const most = mode === "reflect" ? size - 1 : mode === "circular" ? size : size > 0 ? Infinity : 0
  if (Math.max(before, after) <= Math.max(most, 0)) return
  throw padError(
    `a ${mode} margin is larger than dimension ${dim} of size ${size} can give`,
    `at most ${most}`,
    `${before} before and ${after} after`,
  )
}

/** Index inside a dimension of size n for one that may lie outside. */
type Outside = (at: Node, size: number) => Node

const number = (like: Node, value: number): Node => ops.constantLike(like, value)

const outside: Readonly<Record<Exclude<PadMode, "constant">, Outside>> = {
  // (n − 1) − |(n − 1) − |i||
  reflect: (at, size) => {
    const last = number(at, size - 1)
    return ops.sub(last, ops.abs(ops.sub(last, ops.abs(at))))
  },
  replicate: (at, size) => ops.minimum(ops.maximum(at, number(at, 0)), number(at, size - 1)),
  circular: (at, size) => ops.fmod(ops.add(at, number(at, 2 * size)), number(at, size)),
}

/** Margins that hold elements of the tensor itself: a gather with one computed index for each padded dimension. */
function padFrom(x: Node, margins: Margins, sizes: readonly number[], inside: Outside): Node {
  const indices: Node[] = []
  const sources = x.shape.map((size, dim): Source => {
    const { before, after } = margins[dim]!
    if (before === 0 && after === 0) return along(dim)
    const position = ops.iota([sizes[dim]!], [0])
    indices.push(inside(ops.sub(position, number(position, before)), size))
    return { kind: "tensor", tensor: indices.length - 1, at: [dim] }
  })
  const map: IndexMap = { table: x.shape, picked: sizes, sources }
  return indices.length === 0 ? x : ops.gather(x, indices, map)
}
