import type { LabelledPoint } from "../engine/data.ts"
import type { View } from "../messages.ts"
import type { Values } from "../state.ts"

/** Pieces that scripts in both languages have. */

/** Lines that are not too long. */
export function rowsOf(points: readonly LabelledPoint[]): string {
  const cell = (v: number): string => String(Number(v.toPrecision(9)))
  const cells = points.map(({ x, y, label }) => `[${cell(x)},${cell(y)},${cell(label)}]`)
  const lines: string[] = []
  for (let i = 0; i < cells.length; i += 4) lines.push(`  ${cells.slice(i, i + 4).join(",")},`)
  return lines.join("\n")
}

export function nested(values: ArrayLike<number>, shape: readonly number[]): string {
  if (shape.length === 0) return String(values[0])
  const [first, ...rest] = shape as [number, ...number[]]
  const size = values.length / Math.max(1, first)
  const flat = Array.from(values)
  return `[${Array.from({ length: first }, (_, i) => nested(flat.slice(i * size, (i + 1) * size), rest)).join(",")}]`
}

export const formulasOf = ({ formulas }: Values): string[] =>
  formulas
    .split(";")
    .map((text) => text.trim())
    .filter((text) => text !== "")

export const paused = ({ state }: View): boolean => state.length > 0

export const epochsOf = ({ stopEpoch }: Values): number => (stopEpoch > 0 ? stopEpoch : 100)

/** What a script does otherwise than the page. */
export const remarksOf = ({ schedule, mode }: Values): string[] => [
  mode === "playground"
    ? "The optimizer begins anew, and a batch that is not full counts as one."
    : "The optimizer begins anew; batches are taken in the order of the data.",
  ...(schedule !== "constant" && mode !== "playground"
    ? ["The rate of the moment, which stays: the schedule is left out."]
    : []),
]
