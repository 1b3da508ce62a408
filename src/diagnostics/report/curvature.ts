import type { Module } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { noGrad, realize } from "../../tensor/index.ts"
import { hessianOf, spectralDensity } from "../curvature/index.ts"
import type { DiagnoseOptions } from "../doctor/index.ts"
import { planeSlice, randomPlane } from "../landscape/index.ts"
import type { Batch, Objective } from "../objective.ts"
import { objectiveOf } from "../objective.ts"
import { batchesOf } from "./confusion.ts"
import type { LandscapeFigure, SpectrumFigure } from "./report.ts"

/** Examples whose mean loss is looked at: as many of these as the time allows. */
const EXAMPLES = [256, 128, 64, 32]

/** Random vectors and products of the spectrum, and places along each axis of the landscape. */
const [PROBES, STEPS, POINTS] = [1, 30, 13]

/** All of that in passes forward; a product with the Hessian takes about six. */
const PASSES = 6 * PROBES * STEPS + POINTS ** 2

type Model = Module<readonly [Tensor], Tensor>

export interface CurvatureFigures {
  readonly spectrum: SpectrumFigure | null
  readonly landscape: LandscapeFigure | null
}

/** The Hessian's spectrum and a filter-normalised plane of the loss on some of the data, as far as the time allows. */
export async function curvatureOf(
  model: Model,
  data: Batch | Iterable<Batch>,
  { loss, optimizer }: DiagnoseOptions,
  seconds: number,
): Promise<CurvatureFigures> {
  if (seconds <= 0) return { spectrum: null, landscape: null }
  const examples = affordable(model, data, loss, seconds)
  const objective = objectiveOf(model, someOf(data, examples), { ...(loss && { loss }) })
  const signal = AbortSignal.timeout(Math.ceil(2000 * seconds))
  const spectrum = await unlessTooLong(() => spectrumOf(objective, signal))
  const landscape = await unlessTooLong(() => landscapeOf(objective, signal))
  const rate = (optimizer as { readonly lr?: unknown } | undefined)?.lr
  const known = { examples: objective.batches.reduce((n, [x]) => n + x.shape[0]!, 0) }
  return {
    spectrum: spectrum && { ...spectrum, ...known, ...(typeof rate === "number" && { rate }) },
    landscape: landscape && { ...landscape, ...known },
  }
}

/** How many examples can be looked at in the time: a pass forward with the fewest is timed, its second time. */
function affordable(
  model: Model,
  data: Batch | Iterable<Batch>,
  loss: DiagnoseOptions["loss"],
  seconds: number,
): number {
  const fewest = EXAMPLES.at(-1)!
  const objective = objectiveOf(model, someOf(data, fewest), { ...(loss && { loss }) })
  const pass = (): void =>
    void objective.quietly(() => noGrad(() => realize([objective.lossOn(objective.batches[0]!)])))
  pass()
  const start = performance.now()
  pass()
  const each = (performance.now() - start) / 1000 / fewest
  return EXAMPLES.find((examples) => PASSES * each * examples <= seconds) ?? fewest
}

/** Null when it is interrupted, or when the loss is not finite. */
async function unlessTooLong<T>(measure: () => Promise<T | null>): Promise<T | null> {
  try {
    return await measure()
  } catch {
    return null
  }
}

async function spectrumOf(
  objective: Objective,
  signal: AbortSignal,
): Promise<Omit<SpectrumFigure, "examples"> | null> {
  const hessian = hessianOf(objective)
  const found = await spectralDensity(hessian, { probes: PROBES, steps: STEPS, points: 201, signal })
  if (!found.density.every(Number.isFinite)) return null
  const { grid, density, size, quadratures } = found
  // The outermost nodes of Lanczos' quadrature are the first to become eigenvalues.
  const nodes = [...quadratures[0]!.nodes].sort((a, b) => b - a)
  return {
    ...{ grid: [...grid], density: [...density], size },
    ...{ largest: nodes.slice(0, 3), smallest: nodes.at(-1)! },
  }
}

async function landscapeOf(
  objective: Objective,
  signal: AbortSignal,
): Promise<Omit<LandscapeFigure, "examples"> | null> {
  const slice = await planeSlice(objective, await randomPlane(objective), { points: POINTS, signal })
  if (slice.interrupted) return null
  const { x, y, values, labels } = slice
  return { x: [...x], y: [...y], values: [...values], labels, path: [[0, 0]] }
}

/** The first batches, up to a number of examples. */
function someOf(data: Batch | Iterable<Batch>, examples: number): Batch[] {
  const batches: Batch[] = []
  let left = examples
  for (const [x, y] of batchesOf(data)) {
    const count = Math.min(left, x.shape[0]!)
    const part = (t: Tensor): Tensor => (t.shape[0] === x.shape[0] ? t.narrow(0, 0, count) : t)
    batches.push(count === x.shape[0] ? [x, y] : [part(x), part(y)])
    left -= count
    if (left <= 0) break
  }
  return batches
}
