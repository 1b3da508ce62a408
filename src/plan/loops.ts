import type { Node } from "../graph/index.ts"
import type { KernelBuilder, Lanes, Scope } from "../kernel/index.ts"
import { Index, unflattenIndex } from "../kernel/index.ts"
import { primitiveOf } from "../ops/index.ts"

/** Sizes of the dimensions that a node reduces: none for one that reduces nothing. */
export function reducedExtents(node: Node): number[] {
  const { lower } = primitiveOf(node)
  if (lower.kind !== "reduction" && lower.kind !== "contraction") return []
  const types = node.inputs.map((input) => input.aval)
  return lower.extents(types, node.attrs)
}

/** Neighbouring dimensions that one loop runs over, or a part of one dimension. */
export interface Group {
  readonly dims: readonly number[]
  readonly extents: readonly number[]
  /** For a part of a dimension: elements of the dimension that one turn goes on by. */
  readonly unit?: number
}

export type Groups = readonly Group[]

/**
 * The ways to join neighbouring dimensions that are worth trying: none, the innermost ones step by step, all. The
 * first has a loop for each dimension.
 */
export function groupings(extents: readonly number[]): Groups[] {
  const separate = extents.map((extent, dim): Group => ({ dims: [dim], extents: [extent] }))
  const out: Groups[] = [separate]
  for (let start = extents.length - 2; start >= 0; start--) {
    const dims = extents.slice(start).map((_, i) => start + i)
    out.push([...separate.slice(0, start), { dims, extents: extents.slice(start) }])
  }
  if (extents.length > 2) {
    const dims = extents.slice(0, -1).map((_, i) => i)
    out.push([{ dims, extents: extents.slice(0, -1) }, separate.at(-1)!])
  }
  return out
}

const size = (group: Group): number => group.extents.reduce((n, extent) => n * extent, 1)

/** Index of each dimension from those of the loops. */
export function elementIndex(groupIndex: readonly Index[], groups: Groups): Index[] {
  const out: Index[] = []
  groups.forEach(({ dims, extents, unit }, g) => {
    if (unit !== undefined) {
      const dim = dims[0]!
      out[dim] = (out[dim] ?? Index.constant(0)).add(groupIndex[g]!.mul(unit))
      return
    }
    unflattenIndex(groupIndex[g]!, extents).forEach((index, i) => {
      out[dims[i]!] = index
    })
  })
  return out
}

/** What is known of a nest's turns. */
export interface Turns {
  /** They depend on none of the others. */
  readonly independent?: boolean
  /** An element may be computed and stored twice. */
  readonly repeatable?: boolean
}

/**
 * Writes a loop nest. The innermost loop is a vector loop; what it leaves over is a scalar loop, or one more vector that
 * begins before the last one ends.
 */
export function iterate(
  b: KernelBuilder,
  scope: Scope,
  groups: Groups,
  lanes: Lanes,
  body: (index: Index[], scope: Scope) => void,
  { independent = false, repeatable = false }: Turns = {},
): void {
  const nest = (depth: number, outer: Scope, index: Index[]): void => {
    const group = groups[depth]
    if (group === undefined) return body(index, outer)
    const extent = size(group)
    const innermost = depth === groups.length - 1
    const whole = innermost && lanes > 1 ? extent - (extent % lanes) : 0
    const part = (from: number, to: number, width: Lanes): void => {
      const inner = b.openPart(outer, { from, to }, { start: 0, extent }, width, independent)
      nest(depth + 1, inner, [...index, b.index(inner)])
      b.close(inner)
    }
    const run = (count: number, width: Lanes, start: number, repeated = 0): void => {
      if (count === 0) return
      if (count === 1) return nest(depth + 1, outer, [...index, Index.constant(start)])
      const inner = b.open(outer, count, width, start, independent && outer === scope)
      nest(depth + 1, inner, [...index, b.index(inner)])
      b.close(inner, repeated)
    }
    if (b.anySize && depth === 0 && whole > lanes) {
      part(0, whole, lanes)
      part(whole, extent, 1)
      return
    }
    run(whole, lanes, 0)
    if (repeatable && whole > 0 && extent - whole > 1)
      run(lanes, lanes, extent - lanes, whole + lanes - extent)
    else run(extent - whole, 1, whole)
  }
  nest(0, scope, [])
}

/** Whether the elements at `target` in one turn of the outermost loop are in no other turn's places. */
export function haveOwnPlaces(target: Index, innermost: Scope): boolean {
  let scope = innermost
  while (scope.parent !== null && scope.parent.symbol !== null) scope = scope.parent
  if (scope.symbol === null) return false
  const stride = target.coefficientOf(scope.symbol)
  if (stride === undefined) return false
  const within = target.sub(Index.symbol(scope.symbol).mul(stride))
  return within.max - within.min < Math.abs(stride)
}
