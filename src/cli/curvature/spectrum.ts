import { join } from "node:path"
import type { Objective, SymmetricOperator } from "../../diagnostics/index.ts"
import {
  conditionNumber,
  empiricalFisherOf,
  estimateTrace,
  fisherOf,
  gaussNewtonOf,
  hessianOf,
  sharpnessAlongGradient,
  spectralDensity,
  spectrumSvg,
  topEigenvalues,
} from "../../diagnostics/index.ts"
import { writeFileWhole } from "../../train/node.ts"
import { Interruption } from "../terminal/interruption.ts"
import type { RunObjectiveOptions } from "./run-objective.ts"
import { percentOf, runObjective } from "./run-objective.ts"

export const matrices = {
  hessian: hessianOf,
  "gauss-newton": gaussNewtonOf,
  fisher: (objective: Objective) => fisherOf(objective),
  "empirical-fisher": empiricalFisherOf,
} as const

export interface SpectrumOptions extends RunObjectiveOptions {
  readonly matrix: keyof typeof matrices
  readonly top: number
  readonly probes: number
  readonly steps: number
  readonly seed: number
  readonly out?: string
}

/** What `nabla spectrum` has found; the same as in spectrum.json. */
export interface SpectrumReport {
  readonly matrix: string
  readonly parameters: number
  readonly eigenvalues: readonly { readonly value: number; readonly bound: number }[]
  readonly converged: boolean
  readonly trace: {
    readonly value: number
    readonly interval: readonly [number, number]
    readonly confidence: number
  }
  readonly condition: { readonly value: number; readonly exact: boolean }
  readonly loss: number
  readonly gradientNorm: number
  /** Curvature along the gradient. */
  readonly sharpness: number
  /** The rate that the run was trained with, when it wrote one down. */
  readonly rate: number | null
  /** 2/λ: above it, gradient descent diverges along the sharpest direction. */
  readonly largestStableRate: number | null
}

/** Writes the picture and the figures of a run's spectrum; null when it was interrupted. */
export async function spectrum(
  path: string,
  options: SpectrumOptions,
): Promise<{ report: SpectrumReport; files: string[] } | null> {
  const interruption = new Interruption()
  const progress = percentOf("spectrum")
  const control = { signal: interruption.signal, onProgress: progress.onProgress }
  try {
    const { objective, loaded } = await runObjective(path, options)
    const operator: SymmetricOperator = matrices[options.matrix](objective)
    const { seed, probes, steps } = options
    const top = await topEigenvalues(operator, Math.min(options.top, operator.size), { seed, ...control })
    const density = await spectralDensity(operator, { probes, steps, seed, ...control })
    const trace = await estimateTrace(operator, { seed, ...control })
    const condition = await conditionNumber(operator, { seed, ...control })
    const { loss, gradientNorm, sharpness } = await sharpnessAlongGradient(objective)
    if (interruption.signal.aborted) return null
    const { lr } = loaded.run.config as { lr?: unknown }
    const rate = typeof lr === "number" ? lr : null
    const most = top.values[0]!
    const report: SpectrumReport = {
      matrix: options.matrix,
      parameters: operator.size,
      eigenvalues: top.values.map((value, i) => ({ value, bound: top.bounds[i]! })),
      converged: top.converged,
      trace: { value: trace.value, interval: trace.interval, confidence: trace.confidence },
      condition: { value: condition.value, exact: condition.exact },
      ...{ loss, gradientNorm, sharpness, rate, largestStableRate: most > 0 ? 2 / most : null },
    }
    const title = `${loaded.run.name}: spectrum of the ${operator.name}`
    const marks = { title, eigenvalues: top.values, ...(rate !== null && { stability: 2 / rate }) }
    const { grid, density: heights, sigma } = density
    const figures = { ...report, grid: [...grid], density: [...heights], sigma }
    const folder = options.out ?? path
    const files = [join(folder, "spectrum.svg"), join(folder, "spectrum.json")]
    writeFileWhole(files[0]!, await spectrumSvg(density, marks))
    writeFileWhole(files[1]!, `${JSON.stringify(figures)}\n`)
    return { report, files }
  } finally {
    progress.end()
    interruption.dispose()
  }
}
