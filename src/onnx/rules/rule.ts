import type { Attrs, Op } from "../../graph/index.ts"
import type { Size } from "../size.ts"
import type { Step } from "../trace.ts"
import type { GraphWriter, Value } from "../writer.ts"

/** What a rule sees of the export besides its step. */
export interface Emitter {
  readonly write: GraphWriter
  /** The value of a step, as far as it has been written: possibly smaller, for broadcasting to stretch. */
  value(step: Step): Value
  /** The value of a step in its whole shape. */
  full(step: Step): Value
}

/** Writes a step as operations of ONNX; null when there are none for it. */
export type Rule<A extends Attrs> = (step: Step<A>, out: Emitter) => Value | null

export type RuleEntry = readonly [Op, Rule<Attrs>]

/** A row of the table: the rule of one primitive. */
export function rule<A extends Attrs>(op: Op<A>, write: Rule<A>): RuleEntry {
  return [op as unknown as Op, write as unknown as Rule<Attrs>]
}

/** What a step gives: its type and its shape. */
export const resultOf = (step: Step): { type: Value["type"]; shape: readonly Size[] } => ({
  type: step.dtype,
  shape: step.shape,
})

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
