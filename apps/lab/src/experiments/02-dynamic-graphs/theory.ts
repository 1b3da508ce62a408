import type { Values } from "./controls.ts"
import { MOST_TURNS } from "./controls.ts"

export type Setting = Pick<Values, "program" | "threshold" | "limit">

/** What plain arithmetic says of the program at an input. */
export interface Expected {
  /** Nodes of the graph: the input, and an operation for each that ran. */
  readonly nodes: number
  readonly value: number
  readonly slope: number
  readonly curvature: number
}

function branch(x: number, threshold: number): Expected {
  return x > threshold
    ? { nodes: 3, value: x ** 3, slope: 3 * x ** 2, curvature: 6 * x }
    : { nodes: 2, value: Math.sin(x), slope: Math.cos(x), curvature: -Math.sin(x) }
}

/** k doublings make 2ᵏ·x of x; a square or a cube follows. */
function loop(x: number, limit: number): Expected {
  let turns = 0
  while (turns < MOST_TURNS && Math.abs(x) * 2 ** turns < limit) turns++
  const power = x > 0 ? 2 : 3
  const scale = 2 ** (power * turns)
  return {
    nodes: 1 + turns + power - 1,
    value: scale * x ** power,
    slope: scale * power * x ** (power - 1),
    curvature: scale * power * (power - 1) * x ** (power - 2),
  }
}

export const expected = (x: number, { program, threshold, limit }: Setting): Expected =>
  program === "loop" ? loop(x, limit) : branch(x, threshold)

/** An input that goes another way through the program. */
export const elsewhere = (x: number, { program, threshold }: Setting): number =>
  program === "loop" ? (x === 0 ? 1 : -x) : x > threshold ? threshold - 1 : threshold + 1
