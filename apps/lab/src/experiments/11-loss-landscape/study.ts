import type { Place, Plane, SymmetricOperator } from "nabla/diagnostics"
import { hessianOf, randomDirection, randomPlane, topEigenvalues, trajectoryPlane } from "nabla/diagnostics"
import type { Grid } from "../../charts/grid.ts"
import { Kept } from "../kept.ts"
import type { Window } from "../loss-planes.ts"
import { gridOf, windowOf } from "../loss-planes.ts"
import type { Values } from "./controls.ts"
import type { Subject, Training } from "./net.ts"
import { factorsOf, over, subjectOf, times } from "./net.ts"
import { apart, cutAt, nearestPlaces, placeIn } from "./pictures.ts"
import { rescaledHessian } from "./theory.ts"

export const COARSE = 11
export const FINE = 31

/** The loss of a net on a plane. */
export interface Picture {
  readonly grid: Grid
  readonly axes: readonly [string, string]
  /** The way of the training. */
  readonly way: readonly Place[]
  readonly place: Place
  readonly loss: number
  /** The loss along the horizontal line through the place, from the left edge to the right one. */
  readonly line: readonly number[]
}

/** How far apart the trained net and the rescaled one are. */
export interface Differences {
  /** Largest difference between their outputs, in units of the largest output. */
  readonly outputs: number
  /** Largest differences between their pictures, in units of the largest loss in them. */
  readonly normalised: number
  readonly raw: number
  /** What the trained net alone says the difference of the raw ones has to be. */
  readonly rawPredicted: number
}

export interface Curvatures {
  /** dᵀHd for a direction d within the first layer's weights: of the trained net, and of the rescaled one. */
  readonly along: readonly [trained: number, rescaled: number]
  /** Largest eigenvalues of the Hessian. */
  readonly trained: number
  readonly rescaled: number
  /** Of the rescaled net, from the trained one's Hessian. */
  readonly predicted: number
}

const kept = new Kept(60)
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)

/** A trained net and rescaled ones, and the loss around them. */
export class Study {
  private readonly values: Values
  private readonly training: Training
  private readonly key: readonly unknown[]

  constructor(values: Values, training: Training, key: readonly unknown[]) {
    this.values = values
    this.training = training
    this.key = key
  }

  /** The trained net, its first two layers rescaled. */
  private subject(alpha: number): Promise<Subject> {
    const trained = this.training.way.at(-1)!
    return kept.once(["subject", alpha, ...this.key], async () => {
      const subject = await subjectOf(this.values, trained)
      if (alpha === 1) return subject
      return subjectOf(this.values, times(trained, factorsOf(subject.objective, alpha)))
    })
  }

  private async plane(kind: string, alpha: number): Promise<Plane> {
    const { objective } = await this.subject(alpha)
    if (kind === "trajectory") {
      const factors = factorsOf(objective, alpha)
      return trajectoryPlane(this.training.way.map((point) => times(point, factors)))
    }
    return randomPlane(objective, { normalise: kind === "raw" ? "none" : "filter", seed: this.values.seed })
  }

  private window(kind: string, alpha: number): Promise<Window> {
    const { reach } = this.values
    return kept.once(["window", kind, alpha, reach, ...this.key], async () =>
      windowOf(await this.plane(kind, alpha), reach),
    )
  }

  private gridKey(kind: string, alpha: number, points: number): readonly unknown[] {
    return ["grid", kind, alpha, points, this.values.reach, ...this.key]
  }

  private grid(kind: string, alpha: number, points: number): Promise<Grid> {
    return kept.once(this.gridKey(kind, alpha, points), async () =>
      gridOf((await this.subject(alpha)).objective, await this.window(kind, alpha), points),
    )
  }

  /** The picture that is shown; the fine one where it is known already. */
  async picture(alpha: number, points: number): Promise<Picture> {
    const { plane: kind, placeX, placeY } = this.values
    const finest = kept.has(this.gridKey(kind, alpha, FINE)) ? FINE : points
    const [{ objective }, window] = [await this.subject(alpha), await this.window(kind, alpha)]
    const { plane } = window
    const place = placeIn(window, [placeX, placeY])
    const cut = await kept.once(["cut", kind, alpha, place, this.values.reach, ...this.key], () =>
      cutAt(objective, window, place),
    )
    // The rescaled net was not trained: its way on a random plane would be of no training.
    const way = plane.path ?? (alpha === 1 ? nearestPlaces(this.training.way, plane) : [])
    return { grid: await this.grid(kind, alpha, finest), axes: plane.labels, way, place, ...cut }
  }

  differences(): Promise<Differences> {
    const { alpha, reach } = this.values
    return kept.once(["differences", alpha, reach, ...this.key], async () => {
      const [trained, rescaled] = [await this.subject(1), await this.subject(alpha)]
      const pictures = (kind: string) =>
        Promise.all([this.grid(kind, 1, COARSE), this.grid(kind, alpha, COARSE)])
      const [normalised, [raw, rawRescaled]] = [await pictures("filter"), await pictures("raw")]
      return {
        outputs: apart(trained.outputs, rescaled.outputs),
        normalised: apart(normalised[0].values, normalised[1].values),
        raw: apart(raw.values, rawRescaled.values),
        rawPredicted: apart(raw.values, (await this.rawPredicted()).values),
      }
    })
  }

  /** L(T·θ + d) = L(θ + T⁻¹·d): the rescaled net's raw picture, as one of the trained net along other directions. */
  private async rawPredicted(): Promise<Grid> {
    const { objective } = await this.subject(1)
    const { plane, ...stretch } = await this.window("raw", 1)
    const factors = factorsOf(objective, this.values.alpha)
    const [u, v] = plane.directions
    const directions = [over(u, factors), over(v, factors)] as const
    return gridOf(objective, { plane: { ...plane, directions }, ...stretch }, COARSE)
  }

  curvatures(): Promise<Curvatures> {
    const { seed, alpha } = this.values
    return kept.once(["curvatures", alpha, ...this.key], async () => {
      const [{ objective }, rescaled] = [await this.subject(1), await this.subject(alpha)]
      const direction = await randomDirection(objective, { normalise: "none", seed })
      direction.fill(0, objective.params[0]!.numel())
      const [before, after] = [hessianOf(objective), hessianOf(rescaled.objective)]
      const along = async (hessian: SymmetricOperator) => dot(direction, await hessian.product(direction))
      const largest = async (hessian: SymmetricOperator) =>
        (await topEigenvalues(hessian, 1, { tolerance: 1e-8 })).values[0]!
      return {
        along: [await along(before), await along(after)],
        trained: await largest(before),
        rescaled: await largest(after),
        predicted: await largest(rescaledHessian(before, factorsOf(objective, alpha))),
      }
    })
  }

  /** The largest curvature for a factor, from the trained net's Hessian. */
  async sharpnessAt(alpha: number): Promise<number> {
    const { objective } = await this.subject(1)
    const hessian = await kept.once(["hessian", ...this.key], async () => hessianOf(objective))
    return kept.once(["sharpness", alpha, ...this.key], async () => {
      const rescaled = rescaledHessian(hessian, factorsOf(objective, alpha))
      return (await topEigenvalues(rescaled, 1)).values[0]!
    })
  }
}
