import type { LabelledPoint } from "./data.ts"

/** Most points of one's own; a link holds some thousand. */
export const MOST_POINTS = 4000

const rounded = (value: number): string => String(Number(value.toFixed(3)))

/** Own points as they stand in a link: `x,y,label` with `;` between them. */
export function formatPoints(points: readonly LabelledPoint[]): string {
  return points.map(({ x, y, label }) => `${rounded(x)},${rounded(y)},${rounded(label)}`).join(";")
}

/** Reads points; labels are made to fit the problem (−1 or 1, a class from 0 to 2, or any number). What is none is left out. */
export function parsePoints(text: string, problem: string): LabelledPoint[] {
  if (text === "") return []
  return text.split(";").flatMap((part) => {
    const [x, y, label, ...more] = part.split(",").map(Number)
    if (![x, y, label].every(Number.isFinite) || more.length > 0) return []
    return [{ x: x!, y: y!, label: fitted(label!, problem) }]
  })
}

function fitted(label: number, problem: string): number {
  if (problem === "regression") return label
  if (problem === "multiclass") return Math.min(2, Math.max(0, Math.round(label)))
  return label > 0 ? 1 : -1
}
