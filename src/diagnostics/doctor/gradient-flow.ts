import { depthSlope } from "../backward/slope.ts"
import type { Observation } from "../instrument/observation.ts"
import type { Patient } from "./patient.ts"

/** How the gradient changes from the last layer back to the first one. */
export interface GradientFlow {
  /** |d(loss)/d(output)| of the last layer over that of the first: above 1 vanishes on the way back. */
  readonly lastToFirst: number
  /** Mean factor for each layer on the way back. */
  readonly perLayer: number
  readonly first: string
  readonly last: string
  readonly layers: number
  /** |d(loss)/d(output)| of each layer. */
  readonly norms: readonly number[]
}

/**
 * Null when fewer than two layers got a gradient. A last layer that begins with zeros lets none through in the first
 * step; then the last observation of the trial training is looked at.
 */
export async function gradientFlow(patient: Patient): Promise<GradientFlow | null> {
  const now = flowOf((await patient.pass()).layers)
  if (now === null || Number.isFinite(now.lastToFirst)) return now
  const later = (await patient.shortTraining())?.end ?? null
  return later === null ? now : flowOf(later.layers)
}

function flowOf(layers: Observation["layers"]): GradientFlow | null {
  const reached = layers.filter(
    ({ kind, call, gradient }) => kind === "layer" && call === 0 && gradient !== null,
  )
  if (reached.length < 2) return null
  const norms = reached.map(({ gradient }) => gradient!.rms * Math.sqrt(gradient!.elements))
  const [first, last] = [norms[0]!, norms.at(-1)!]
  if (last === 0 || !norms.every(Number.isFinite)) return null
  const { factor } = depthSlope(norms)
  return {
    lastToFirst: last / first,
    perLayer: 1 / factor,
    ...{ first: reached[0]!.path, last: reached.at(-1)!.path, layers: reached.length, norms },
  }
}
