import { optim, surfaces, tensor, where } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import { advance, thinned, thinnedSteps, Walk } from "../walk.ts"
import type { Values } from "./controls.ts"
import { best, ENOUGH, fittedSlope } from "./theory.ts"

/** Distances to the minimum, at some steps. */
export interface Way {
  readonly name: string
  readonly steps: number
  readonly arrived: boolean
  readonly distances: readonly (readonly [step: number, distance: number])[]
}

export interface View {
  readonly descent: Way
  readonly ball: Way
  readonly own: Way & { readonly slope: number; readonly points: readonly (readonly number[])[] }
  /** The largest distance between the paths of momentum's equivalent forms, relative to the start's. */
  readonly forms: number
  /** Shrinkage in a step, over the rate (columns) and the momentum (rows). */
  readonly map: { readonly columns: number; readonly rows: number; readonly values: readonly number[] }
  readonly done: boolean
}

const distance = (point: readonly number[]): number => Math.max(...point.map(Math.abs))
const near = (point: readonly number[]): boolean => distance(point) <= ENOUGH

/** Rates up to 4/λmax, and momentum up to 1. */
export const MAP_RATE = 4

function wayOf(name: string, walk: Walk): Way {
  const steps = thinnedSteps(walk.points.length)
  return {
    name,
    steps: walk.steps,
    arrived: walk.arrived,
    distances: steps.map((step) => [step, distance(walk.points[step]!)]),
  }
}

/** Runs for many rates and momenta at once, as one batch. */
function mapOf(columns: number, rows: number, kappa: number, nesterov: boolean): number[] {
  const steps = 120
  const cell = (of: (column: number, row: number) => number) =>
    tensor(
      Float64Array.from({ length: columns * rows }, (_, i) => of(i % columns, Math.floor(i / columns))),
      { shape: [columns * rows, 1] },
    )
  const alpha = cell((column) => (((column + 0.5) / columns) * MAP_RATE) / kappa)
  const beta = cell((_, row) => (row + 0.5) / rows)
  const curvature = tensor([1, kappa], { dtype: "float64" })
  let x = alpha.mul(0).add(tensor([1, 1], { dtype: "float64" }))
  let velocity = x.mul(0)
  for (let step = 0; step < steps; step++) {
    const gradient = x.mul(curvature)
    velocity = velocity.mul(beta).add(gradient)
    x = x.sub(alpha.mul(nesterov ? gradient.add(velocity.mul(beta)) : velocity))
    if (step % 20 === 19) x.dataSync()
  }
  const size = x.abs().amax(1)
  const shrinkage = size.pow(1 / steps)
  return Array.from(where(shrinkage.lt(1.5), shrinkage, 1.5).dataSync())
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { kappa, rate, beta, nesterov, broken } = values
  const bowl = surfaces.quadratic({ curvatures: [1, kappa] })
  const start = [1, 1]
  // Broken on purpose: the velocity is an average, and nobody makes up for it in the rate.
  const form = broken ? ({ momentumForm: "ema" } as const) : {}
  const walk = (options: optim.SGDOptions, steps: number, until?: typeof near): Walk =>
    new Walk(bowl, (p) => optim.sgd(p, options), { start, steps, ...(until === undefined ? {} : { until }) })

  const own = walk({ lr: rate / kappa, momentum: beta, nesterov: nesterov && beta > 0, ...form }, 300)
  const ball = walk({ ...best(kappa), ...form }, 20 * Math.ceil(Math.sqrt(kappa)) + 200, near)
  const descent = walk({ lr: 2 / (1 + kappa) }, 20 * Math.ceil(kappa) + 100, near)
  const formed = (["pytorch", "sutskever", "heavyBall", "ema"] as const).map((momentumForm) =>
    walk(
      {
        lr: momentumForm === "ema" && !broken ? 0.5 / kappa / (1 - beta) : 0.5 / kappa,
        momentum: beta,
        momentumForm,
      },
      60,
    ),
  )

  let map = { columns: 16, rows: 12, values: mapOf(16, 12, kappa, nesterov) }
  const view = (done: boolean): View => ({
    descent: wayOf("gradient descent, best rate", descent),
    ball: wayOf("heavy ball, best rate and momentum", ball),
    own: {
      ...wayOf("your run", own),
      slope: Math.max(...[0, 1].map((i) => fittedSlope(own.points.map((point) => point[i]!)))),
      points: thinned(own.points, 120),
    },
    forms: Math.max(
      ...formed.map(({ points }) =>
        Math.max(
          ...points.map((point, t) =>
            Math.hypot(...point.map((x, i) => x - (formed[0]!.points[t]?.[i] ?? x))),
          ),
        ),
      ),
    ),
    map,
    done,
  })
  for (const _ of advance([own, ball, ...formed, descent], signal)) yield view(false)
  yield view(false)
  if (signal.aborted) return
  map = { columns: 64, rows: 40, values: mapOf(64, 40, kappa, nesterov) }
  yield view(true)
}
