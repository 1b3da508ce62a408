import * as ops from "../../ops/index.ts"
import type { Size } from "../size.ts"
import { sameSize } from "../size.ts"
import type { Step } from "../trace.ts"
import type { Value } from "../writer.ts"
import { ramp } from "./movement.ts"
import type { Emitter, RuleEntry } from "./rule.ts"
import { resultOf, rule, upTo } from "./rule.ts"

/** Which elements of a table: its shape, the shape of what is picked, and where each index comes from. */
interface Picking {
  readonly table: readonly Size[]
  readonly picked: readonly Size[]
  readonly sources: readonly ops.Source[]
  readonly indices: readonly Step[]
}

function pickingOf(step: Step<ops.IndexMap>, indices: readonly Step[]): Picking {
  return {
    table: step.sizes((map) => map.table),
    picked: step.sizes((map) => map.picked),
    sources: step.fixed((map) => map.sources),
    indices,
  }
}

/** The dimension that an index tensor is for, when all others are whole and in their places. */
function single({ table, picked, sources }: Picking): { dim: number; at: readonly number[] } | null {
  const dim = sources.findIndex(({ kind }) => kind === "tensor")
  const source = sources[dim]
  if (source?.kind !== "tensor") return null
  const extra = picked.length - table.length
  const whole = sources.every((other, i) => {
    if (i === dim) return true
    if (other.kind !== "slice" || other.start !== 0 || other.step !== 1) return false
    const place = i < dim ? i : i + extra
    return other.dim === place && sameSize(picked[place]!, table[i]!)
  })
  return whole ? { dim, at: source.at } : null
}

/** The places in the table, one row of numbers for each picked element: [picked…, rank of the table]. */
function places(picking: Picking, out: Emitter): Value {
  const { write } = out
  const { picked, sources, indices } = picking
  const rank = picked.length
  const along = (dims: readonly number[]): Size[] =>
    upTo(rank).map((i) => (dims.includes(i) ? picked[i]! : 1))
  const columns = sources.map((source): Value => {
    if (source.kind === "fixed")
      return write.integers(
        [source.at],
        upTo(rank + 1).map(() => 1),
      )
    const dims = source.kind === "slice" ? [source.dim] : source.at
    const own =
      source.kind === "slice"
        ? ramp(out, { size: picked[source.dim]!, start: source.start, step: source.step })
        : inOrder(out, write.cast(out.full(indices[source.tensor]!), "int64"), source.at)
    return write.reshape(own, [...along(dims), 1])
  })
  const all = columns.map((column) => write.expand(column, [...picked, 1]))
  const shape = [...picked, columns.length]
  return all.length === 1 ? all[0]! : write.emit("Concat", all, { type: "int64", shape }, { axis: rank })
}

/** An index tensor with its dimensions in the order of the picked elements. */
function inOrder(out: Emitter, value: Value, at: readonly number[]): Value {
  return out.write.transpose(
    value,
    upTo(at.length).sort((a, b) => at[a]! - at[b]!),
  )
}

function scattered(
  step: Step<ops.IndexMap>,
  out: Emitter,
  table: Value,
  values: Step,
  join: { readonly indices: readonly Step[]; readonly reduction?: string },
): Value {
  const where = places(pickingOf(step, join.indices), out)
  const attributes = join.reduction === undefined ? {} : { reduction: join.reduction }
  return out.write.emit("ScatterND", [table, where, out.full(values)], resultOf(step), attributes)
}

export const indexingRules: readonly RuleEntry[] = [
  rule(ops.gatherOp, (step, out) => {
    const [table, ...indices] = step.inputs as [Step, ...Step[]]
    const picking = pickingOf(step, indices)
    const from = out.full(table)
    const one = single(picking)
    const [index] = indices
    if (one !== null && index !== undefined) {
      const inPlace = one.at.every((dim, i) => dim === one.dim + i)
      const added = one.at.length === picking.picked.length - picking.table.length + 1
      if (inPlace && added)
        return out.write.emit("Gather", [from, out.full(index)], resultOf(step), { axis: one.dim })
      if (one.at.length === picking.table.length && one.at.every((dim, i) => dim === i))
        return out.write.emit("GatherElements", [from, out.full(index)], resultOf(step), { axis: one.dim })
    }
    return out.write.emit("GatherND", [from, places(picking, out)], resultOf(step))
  }),
  rule(ops.scatterSumOp, (step, out) => {
    const [values, ...indices] = step.inputs as [Step, ...Step[]]
    const empty = out.write.expand(out.write.scalar(0, step.dtype), step.shape)
    return scattered(step, out, empty, values, { indices, reduction: "add" })
  }),
  rule(ops.scatterSetOp, (step, out) => {
    const [table, values, ...indices] = step.inputs as [Step, Step, ...Step[]]
    return scattered(step, out, out.full(table), values, { indices })
  }),
  rule(ops.scatterExtremeOp, (step, out) => {
    const [table, values, ...indices] = step.inputs as [Step, Step, ...Step[]]
    const reduction = step.fixed(({ extreme }) => extreme)
    return scattered(step as unknown as Step<ops.IndexMap>, out, out.full(table), values, {
      indices,
      reduction,
    })
  }),
  rule(ops.scatterProductOp, (step, out) => {
    const [table, values, ...indices] = step.inputs as [Step, Step, ...Step[]]
    return scattered(step, out, out.full(table), values, { indices, reduction: "mul" })
  }),
]
