import type { Report } from "../report.ts"
import { curvatureFigures, predictionFigures } from "./curvature.ts"
import { curveFigures } from "./curves.ts"
import type { Figure } from "./figure.ts"
import { gradientFigures } from "./gradients.ts"
import { layerFigures } from "./layers.ts"

/** All pictures that a report has the numbers for. */
export async function figuresOf(report: Report): Promise<Figure[]> {
  const groups = [curveFigures, predictionFigures, layerFigures, gradientFigures, curvatureFigures]
  return (await Promise.all(groups.map((group) => group(report)))).flat()
}
