import type { Tensor } from "nabla"
import { optim, surfaces } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import { advance, thinned, Walk } from "../walk.ts"
import type { Values } from "./controls.ts"

/** One method, with the bowl's axes along the coordinates and turned. */
export interface Method {
  readonly name: string
  /** Whether it treats all directions alike. */
  readonly plain: boolean
  readonly straight: Arrival
  readonly turned: Arrival
}

export interface Arrival {
  readonly steps: number
  readonly arrived: boolean
  readonly points: readonly (readonly number[])[]
}

export interface View {
  readonly methods: readonly Method[]
  /** The largest difference between Adagrad's two coordinates, with the axes along the coordinates. */
  readonly difference: number
  readonly grids: readonly {
    readonly columns: number
    readonly rows: number
    readonly values: readonly number[]
  }[]
  readonly done: boolean
}

const MOST = 4000
export const REACH = 1.6
const near = (point: readonly number[]): boolean => Math.hypot(...point) <= 1e-6 * Math.SQRT2

function gridOf(surface: surfaces.Surface, size = 48) {
  const at = (i: number): number => ((i + 0.5) / size - 0.5) * 2 * REACH
  const values = Array.from({ length: size * size }, (_, i) =>
    surface.value([at(i % size), at(Math.floor(i / size))]),
  )
  return { columns: size, rows: size, values }
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { angle, kappa, rate, beta, broken } = values
  const straight = surfaces.quadratic({ condition: kappa })
  const turned = surfaces.quadratic({ condition: kappa, rotation: angle })
  const lr = 1 / kappa
  const methods: [name: string, plain: boolean, make: (p: Tensor[]) => optim.Optimizer][] = [
    ["gradient descent", true, (p) => optim.sgd(p, { lr })],
    ["momentum", true, (p) => optim.sgd(p, { lr, momentum: beta })],
    ["Nesterov", true, (p) => optim.sgd(p, { lr, momentum: beta, nesterov: true })],
    ["Adagrad", false, (p) => optim.adagrad(p, { lr: rate })],
  ]
  const walks = methods.map(([, , make]) => {
    const options = { steps: MOST, until: near }
    return [
      new Walk(straight, make, { ...options, start: straight.start }),
      // Broken on purpose: the start is not turned with the bowl.
      new Walk(turned, make, { ...options, start: broken ? straight.start : turned.start }),
    ] as const
  })
  const grids = [gridOf(straight), gridOf(turned)]
  const arrival = (walk: Walk): Arrival => ({
    steps: walk.steps,
    arrived: walk.arrived,
    points: thinned(walk.points, 200),
  })
  const view = (done: boolean): View => ({
    methods: methods.map(([name, plain], i) => ({
      name,
      plain,
      straight: arrival(walks[i]![0]),
      turned: arrival(walks[i]![1]),
    })),
    difference: Math.max(...walks[3]![0].points.map(([x, y]) => Math.abs(x! - y!))),
    grids,
    done,
  })
  for (const _ of advance(walks.flat(), signal)) yield view(false)
  yield view(true)
}
