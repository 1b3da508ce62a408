import { tensor } from "nabla"
import { expression } from "nabla/surfaces"
import type { Values } from "../state.ts"

interface Place {
  readonly x: number
  readonly y: number
}

export interface Feature {
  /** As it stands in a link: the name of a switch, or the formula. */
  readonly name: string
  readonly label: string
  of(points: readonly Place[]): Float64Array
}

const builtIn: readonly (readonly [name: string, label: string, of: (x: number, y: number) => number])[] = [
  ["x", "x", (x) => x],
  ["y", "y", (_, y) => y],
  ["xSquared", "x²", (x) => x * x],
  ["ySquared", "y²", (_, y) => y * y],
  ["xTimesY", "x·y", (x, y) => x * y],
  ["sinX", "sin x", (x) => Math.sin(x)],
  ["sinY", "sin y", (_, y) => Math.sin(y)],
]

/** All features that there are for the values, and whether each is used. */
export function allFeatures(values: Values): (Feature & { readonly used: boolean })[] {
  const own = values.formulas
    .split(";")
    .map((text) => text.trim())
    .filter((text) => text !== "")
  return [
    ...builtIn.map(([name, label, f]) => ({
      name,
      label,
      used: values[name as keyof Values] === true,
      of: (points: readonly Place[]) => Float64Array.from(points, ({ x, y }) => f(x, y)),
    })),
    ...own.map((text) => ({ name: text, label: text, used: true, of: formulaOf(text) })),
  ]
}

/** @throws NABLA_INVALID_ARGUMENT for text that is no formula of x and y */
function formulaOf(text: string): (points: readonly Place[]) => Float64Array {
  const surface = expression(text)
  return (points) => {
    const places = tensor(
      points.map(({ x, y }) => [x, y]),
      { dtype: "float64" },
    )
    return Float64Array.from(surface.f(places).dataSync())
  }
}

/** The features that are used, a row for each point. */
export function featureRows(values: Values, points: readonly Place[]): { rows: Float64Array; width: number } {
  const used = allFeatures(values).filter((feature) => feature.used)
  const rows = new Float64Array(points.length * used.length)
  if (points.length === 0) return { rows, width: used.length }
  used.forEach((feature, j) => {
    feature.of(points).forEach((value, i) => {
      rows[i * used.length + j] = value
    })
  })
  return { rows, width: used.length }
}
