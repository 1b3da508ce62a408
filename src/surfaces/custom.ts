import type { Tensor } from "../tensor/index.ts"
import { grad, hessian, tensor } from "../tensor/index.ts"
import { checkNames, checkPoint, invalid } from "./check.ts"
import type { Point, Surface } from "./surface.ts"
import { surfaceOf } from "./surface.ts"

export interface CustomSurfaceOptions {
  /** Where a trace starts; it also says how many coordinates there are. */
  readonly start: Point
  /** Default: "custom". */
  readonly name?: string
  /** Default: "f". */
  readonly formula?: string
  /** The stretch of each coordinate that shows what matters. Default: 3 to both sides of the start. */
  readonly region?: readonly (readonly [number, number])[]
  /** Minima that are known. */
  readonly minima?: readonly Point[]
  /** Saddles that are known. */
  readonly saddles?: readonly Point[]
}

/**
 * A surface of one's own, from a function of the coordinates. Gradient and Hessian are its exact derivatives.
 *
 * @param f made of tensor operations that work element by element; it is given one tensor for each coordinate
 * @throws NABLA_INVALID_ARGUMENT for a function that gives no tensor, or one of another shape than its arguments
 *
 * @example
 * const mine = surfaces.custom((x, y) => x.mul(x).add(y.sin()), { start: [1, 1] })
 */
export function custom(f: (...coordinates: Tensor[]) => Tensor, options: CustomSurfaceOptions): Surface {
  checkNames("custom", options, ["start", "name", "formula", "region", "minima", "saddles"])
  const { start, name = "custom", formula = "f", ...known } = options
  if (!Array.isArray(start) || start.length === 0)
    throw invalid("custom", "there is no start", "as many numbers as there are coordinates", String(start))
  checkPoint("custom", "start", start, start.length)
  const { region = start.map((x): [number, number] => [x - 3, x + 3]) } = options
  if (region.length !== start.length)
    throw invalid(
      "custom",
      "the region does not fit the start",
      `${start.length} stretches`,
      `${region.length}`,
    )
  const whole = (points: Tensor): Tensor => checkResult(f(...points.unbind(-1)), points)
  const at = (point: Point): Tensor => tensor([...point], { dtype: "float64" })
  const [slope, curvature] = [grad(whole), hessian(whole)]
  return surfaceOf({
    ...known,
    name,
    formula,
    f: whole,
    value: (point) => whole(at(point)).itemSync(),
    gradient: (point) => numbers(slope(at(point)) as Tensor),
    hessian: (point) => rows(numbers(curvature(at(point)) as Tensor), start.length),
    region,
    start,
  })
}

function checkResult(result: Tensor, points: Tensor): Tensor {
  const expected = points.shape.slice(0, -1)
  if (result?.shape?.join() === expected.join()) return result
  const got = result?.shape === undefined ? typeof result : `a tensor of shape [${result.shape.join(", ")}]`
  const wanted = `a tensor of the coordinates' shape, [${expected.join(", ")}]`
  throw invalid("custom", "the function does not work element by element", wanted, got)
}

function numbers(t: Tensor): number[] {
  return Array.from(t.dataSync())
}

function rows(values: readonly number[], width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width))
}
