import { levelsOf } from "../../landscape/levels.ts"
import { planeColours, planeMarks, spectrumMarks } from "../../landscape/svg.ts"
import type { ConfusionFigure, LandscapeFigure, Report, SpectrumFigure } from "../report.ts"
import type { Figure } from "./figure.ts"
import { axis, C1, C2, drawnFor, figures, logScale, percent, tick } from "./figure.ts"

/** The Hessian's spectrum and the loss around the model. */
export async function curvatureFigures({ spectrum, landscape }: Report): Promise<Figure[]> {
  const all = [spectrum && (await spectrumFigure(spectrum)), landscape && (await landscapeFigure(landscape))]
  return all.filter((figure) => figure !== null)
}

async function spectrumFigure(spectrum: SpectrumFigure): Promise<Figure> {
  const { grid, density, size, largest, smallest, rate, examples } = spectrum
  const peak = Math.max(...density)
  const floor = peak * 1e-6
  const rows = grid.map((x, i) => ({ x, y: Math.max(density[i]!, floor) }))
  const svg = await drawnFor((plot) => ({
    marginTop: 22,
    x: { ...axis("eigenvalue"), ticks: 5, tickFormat: tick },
    y: {
      ...logScale([floor, 2 * peak]),
      domain: [floor, 2 * peak],
      label: null,
      tickFormat: tick,
      grid: true,
    },
    marks: spectrumMarks(plot, rows, {
      ...{ floor, peak, eigenvalues: largest },
      ...(rate !== undefined && rate > 0 && { stability: 2 / rate }),
      colours: [C1, C2, "var(--ink)"],
    }),
  }))
  const [most] = largest
  const limit =
    most !== undefined && most > 0
      ? ` Gradient descent is stable up to a rate of 2/λ = ${figures(2 / most)}.`
      : ""
  return {
    section: "curvature",
    title: "Spectrum of the Hessian",
    says: `How the ${size.toLocaleString("en")} eigenvalues are spread (their density, on a logarithmic scale; Lanczos quadrature on ${examples} examples): from ${figures(smallest)} to ${figures(most ?? NaN)}; strokes mark the largest.${limit}`,
    svg,
    key: [],
    table: {
      head: ["eigenvalue", "value"],
      rows: [...largest.map((value, i) => [`largest ${i + 1}`, value]), ["smallest", smallest]],
    },
  }
}

async function landscapeFigure({ x, y, values, labels, path, examples }: LandscapeFigure): Promise<Figure> {
  const slice = {
    x: Float64Array.from(x),
    y: Float64Array.from(y),
    values: Float64Array.from(values),
    ...{ labels, path, interrupted: false },
  }
  const levels = levelsOf(slice)
  const svg = await drawnFor((plot) => ({
    height: 340,
    x: { ...axis(labels[0]), domain: [x[0]!, x.at(-1)!], ticks: 5 },
    y: { ...axis(labels[1]), domain: [y[0]!, y.at(-1)!], ticks: 5 },
    color: planeColours(levels),
    marks: planeMarks(plot, slice, levels),
  }))
  const middle = values[(values.length - 1) >> 1]!
  const middles = Math.floor(y.length / 2) * x.length
  return {
    section: "curvature",
    title: "Loss around the model",
    says: `On a random plane whose directions are as long as the model's filters (Li et al. 2018), for ${examples} examples: dark is low. The model is in the middle, at ${figures(middle)}; the colours end at ${figures(levels.high)}.`,
    svg,
    key: [],
    table: {
      head: [labels[0], "loss"],
      rows: x.map((at, i) => [at, values[middles + i]!]),
    },
  }
}

/** The confusion matrix of a classifier. */
export async function predictionFigures({ confusion }: Report): Promise<Figure[]> {
  return confusion === null ? [] : [await confusionFigure(confusion)]
}

async function confusionFigure({ matrix, classes }: ConfusionFigure): Promise<Figure> {
  const totals = matrix.map((row) => row.reduce((a, b) => a + b, 0))
  const cells = matrix.flatMap((row, i) =>
    row.map((count, j) => {
      const share = count / Math.max(1, totals[i]!)
      return {
        known: classes[i]!,
        said: classes[j]!,
        count,
        share,
        opacity: count === 0 ? 0 : 0.12 + 0.88 * share,
      }
    }),
  )
  const written = classes.length <= 12
  const svg = await drawnFor(({ cell, text }) => ({
    height: 380,
    marginTop: 12,
    padding: 0.04,
    x: { ...axis("predicted"), domain: [...classes], tickSize: 0 },
    y: { ...axis("class"), domain: [...classes], tickSize: 0 },
    opacity: { type: "identity" },
    marks: [
      cell(cells, { x: "said", y: "known", fill: "var(--line)", fillOpacity: 0.35 }),
      cell(cells, { x: "said", y: "known", fill: C1, fillOpacity: "opacity" }),
      ...(written
        ? [false, true].map((dark) =>
            text(
              cells.filter(({ count, opacity }) => count > 0 && opacity > 0.55 === dark),
              {
                x: "said",
                y: "known",
                text: "count",
                fill: dark ? "var(--paper)" : "var(--ink)",
                fontSize: 11,
              },
            ),
          )
        : []),
    ],
  }))
  const right = matrix.reduce((sum, row, i) => sum + row[i]!, 0)
  const all = totals.reduce((a, b) => a + b, 0)
  const worst = cells.filter(({ known, said }) => known !== said).sort((a, b) => b.count - a.count)[0]
  const mixed =
    worst && worst.count > 0
      ? ` Taken for another most often: ${worst.known} for ${worst.said} (${worst.count}).`
      : ""
  return {
    section: "training",
    title: "Confusion matrix",
    says: `${right.toLocaleString("en")} of ${all.toLocaleString("en")} right (${percent(right / Math.max(1, all))}); rows are classes, columns what the model says.${mixed}`,
    svg,
    key: [],
    table: { head: ["class", ...classes], rows: matrix.map((row, i) => [classes[i]!, ...row]) },
  }
}
