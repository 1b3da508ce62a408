import type { Surface } from "../../surfaces/index.ts"
import * as surfaces from "../../surfaces/index.ts"
import { invalidOption } from "../terminal/option-values.ts"
import type { Specification } from "../terminal/specification.ts"
import { checked, lookUp } from "../terminal/specification.ts"

/** A surface under the name that the command line knows it by. */
export interface SurfaceEntry {
  readonly name: string
  readonly options: readonly string[]
  readonly make: (options?: object) => Surface
}

/** Surfaces are drawn, so they have two dimensions here. */
export const surfaceTable: readonly SurfaceEntry[] = [
  { name: "quadratic", options: ["condition", "curvatures", "rotation"], make: surfaces.quadratic },
  {
    name: "noisy-quadratic",
    options: ["condition", "curvatures", "rotation", "noise"],
    make: surfaces.noisyQuadratic,
  },
  { name: "rosenbrock", options: ["steepness"], make: surfaces.rosenbrock },
  { name: "beale", options: [], make: surfaces.beale },
  { name: "himmelblau", options: [], make: surfaces.himmelblau },
  { name: "rastrigin", options: [], make: surfaces.rastrigin },
  { name: "ackley", options: [], make: surfaces.ackley },
  { name: "styblinski-tang", options: [], make: surfaces.styblinskiTang },
  { name: "saddle", options: ["curvature", "rotation"], make: surfaces.saddle },
  { name: "monkey-saddle", options: [], make: surfaces.monkeySaddle },
  { name: "plateau", options: ["width"], make: surfaces.plateau },
  { name: "ravine", options: ["steepness", "slope"], make: surfaces.ravine },
]

/**
 * A surface as the command line asks for it.
 *
 * @throws NABLA_INVALID_OPTION for options that it does not take
 */
export function makeSurface(option: string, specification: Specification): Surface {
  const { make, options } = lookUp(option, surfaceTable, specification)
  const unknown = Object.keys(specification.options).filter((name) => !options.includes(name))
  if (unknown.length > 0) {
    const expected = options.length === 0 ? "no options" : `the options ${options.join(", ")}`
    throw invalidOption(`${option} ${specification.name}`, expected, unknown.join(", "))
  }
  return checked(option, specification, () => make(specification.options))
}

/** A surface from an expression in x and y. */
export function makeExpression(option: string, text: string): Surface {
  return checked(option, { text: "" }, () => surfaces.expression(text))
}
