import type { Tensor } from "nabla"
import { optim, surfaces } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import { advance, thinned, Walk } from "../walk.ts"
import type { Values } from "./controls.ts"
import { OFFSETS } from "./theory.ts"

export interface Escape {
  readonly name: string
  readonly steps: number
  readonly left: boolean
  readonly points: readonly (readonly number[])[]
  /** Steps from each of OFFSETS, as far as they are known. */
  readonly sweep: readonly number[]
}

export interface View {
  readonly escapes: readonly Escape[]
  readonly grid: { readonly columns: number; readonly rows: number; readonly values: readonly number[] }
  readonly done: boolean
}

const MOST = 3000
export const REACH = 1.2

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { rate, beta, curvature, broken } = values
  const surface = surfaces.saddle({ curvature })
  const methods: [name: string, make: (p: Tensor[]) => optim.Optimizer][] = [
    ["gradient descent", (p) => optim.sgd(p, { lr: rate })],
    ["momentum", (p) => optim.sgd(p, { lr: rate, momentum: beta })],
    ["Adam", (p) => optim.adam(p, { lr: rate, eps: 1e-16 })],
  ]
  // Broken on purpose: the start is not where the law is told.
  const scale = broken ? 100 : 1
  const walkFrom = (make: (p: Tensor[]) => optim.Optimizer, offset: number): Walk =>
    new Walk(surface, make, {
      start: [1, offset * scale],
      steps: MOST,
      until: ([, y]) => Math.abs(y!) >= 1,
    })
  const walks = methods.map(([, make]) => walkFrom(make, values.offset))
  const sweeps = methods.map(([, make]) => OFFSETS.map((offset) => walkFrom(make, offset)))

  const size = 48
  const at = (i: number): number => ((i + 0.5) / size - 0.5) * 2 * REACH
  const heights = Array.from({ length: size * size }, (_, i) =>
    surface.value([at(i % size), at(Math.floor(i / size))]),
  )
  const view = (done: boolean): View => ({
    escapes: methods.map(([name], i) => ({
      name,
      steps: walks[i]!.steps,
      left: walks[i]!.arrived,
      points: thinned(walks[i]!.points, 300),
      sweep: sweeps[i]!.filter(({ done }) => done).map(({ steps }) => steps),
    })),
    grid: { columns: size, rows: size, values: heights },
    done,
  })
  for (const _ of advance(walks, signal)) yield view(false)
  yield view(false)
  for (const _ of advance(sweeps.flat(), signal)) yield view(false)
  yield view(true)
}
