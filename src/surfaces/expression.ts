import type { CustomSurfaceOptions } from "./custom.ts"
import { custom } from "./custom.ts"
import { evaluateExpression, parseExpression } from "./expression-tree.ts"
import type { Surface } from "./surface.ts"

export interface ExpressionOptions extends Omit<CustomSurfaceOptions, "start" | "formula"> {
  /** The names of the coordinates. Default: x, y. */
  readonly coordinates?: readonly string[]
  /** Default: 1 in each coordinate. */
  readonly start?: CustomSurfaceOptions["start"]
}

/**
 * A surface from text: what {@link parseExpression} reads.
 *
 * @throws NABLA_INVALID_ARGUMENT for text that is no such expression, with the place where it stops being one
 *
 * @example const mine = surfaces.expression("x^2 + 10*sin(y)^2", { start: [2, 1] })
 */
export function expression(text: string, options: ExpressionOptions = {}): Surface {
  const { coordinates = ["x", "y"], start = coordinates.map(() => 1), ...rest } = options
  const tree = parseExpression(text, coordinates)
  return custom((...values) => evaluateExpression(tree, values), {
    name: "expression",
    ...rest,
    formula: text,
    start,
  })
}
