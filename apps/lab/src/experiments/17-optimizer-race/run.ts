import { optim, surfaces, tensor } from "nabla"
import type { Objective, Place, Plane } from "nabla/diagnostics"
import { project, trajectoryPlane } from "nabla/diagnostics"
import type { Grid } from "../../charts/grid.ts"
import type { Session } from "../../engine/protocol.ts"
import { gridOf, windowOf } from "../loss-planes.ts"
import { thinned, thinnedSteps } from "../walk.ts"
import type { Agreement, Recorded } from "./agreement.ts"
import { agreementsOf } from "./agreement.ts"
import { axesOf, dot } from "./axes.ts"
import type { Entry, Values } from "./controls.ts"
import { entriesOf, isPlain } from "./controls.ts"
import { everySecond, isCapturable, makerOf } from "./entrants.ts"
import type { Ground } from "./grounds.ts"
import { groundOf } from "./grounds.ts"
import type { Descent, Span } from "./theory.ts"
import { isFragile, predictedSpans } from "./theory.ts"

export interface Runner {
  readonly letter: string
  readonly steps: number
  /** The value at some steps. */
  readonly values: readonly (readonly [step: number, value: number])[]
  readonly last: number
  readonly lowest: number
  readonly behaviours: readonly Span[]
  readonly behaviour: string
}

/** Gradient descent whose behaviour was told before it ran. */
export interface Foretold {
  readonly name: string
  readonly predicted: readonly Span[]
  readonly measured: readonly Span[]
}

/** The surface, or the plane of a net's parameters that the runners stay closest to. */
export interface Scenery {
  readonly grid: Grid
  readonly axes: readonly [string, string]
  readonly minima: readonly Place[]
  readonly paths: readonly { readonly letter: string; readonly points: readonly Place[] }[]
}

export interface View {
  readonly runners: readonly Runner[]
  readonly scenery: Scenery | null
  /** The lowest value that is known: of a minimum, or where there is none known, that of the runners. */
  readonly floor: number | null
  /** Places of gradient descent on the parabola, which starts at 1. */
  readonly parabola: readonly number[]
  readonly foretold: readonly Foretold[]
  /** Over all runners; empty before the end. */
  readonly agreements: readonly Agreement[]
  readonly rules: Readonly<Record<string, string>>
  readonly done: boolean
}

export const PARABOLA_STEPS = 300
const [COARSE, FINE] = [11, 31]
const CELLS = 64

interface Running {
  readonly entry: Entry
  readonly tracer: surfaces.Tracer
}

function heightsOf(surface: surfaces.Surface): Grid {
  const [x, y] = surface.region as [Place, Place]
  const at = ([low, high]: Place, i: number): number => low + ((i + 0.5) / CELLS) * (high - low)
  const places = Array.from({ length: CELLS * CELLS }, (_, i) => [
    at(x, i % CELLS),
    at(y, Math.floor(i / CELLS)),
  ])
  const values = surface.f(tensor(places, { dtype: "float64" })).dataSync()
  return { columns: CELLS, rows: CELLS, x, y, values: Float64Array.from(values) }
}

function runnerOf(
  { letter }: Entry,
  { values, behaviours, behaviour, steps }: Recorded & surfaces.Trace,
): Runner {
  return {
    ...{ letter, steps, behaviour },
    behaviours: behaviours.map((span) => ({ ...span })),
    values: thinnedSteps(values.length).map((step) => [step, values[step]!]),
    last: values.at(-1)!,
    lowest: Math.min(...values.filter(Number.isFinite)),
  }
}

/** A bowl as gradient descent with a rate sees it. */
function descentOn({ surface, start }: Ground, rate: number, steps: number): Descent {
  const { values, vectors } = axesOf(surface.hessian(start))
  const diagonal = Math.hypot(...surface.region.map(([low, high]) => high - low))
  return { rate, curvatures: values, start: vectors.map((axis) => dot(axis, start)), diagonal, steps }
}

/** How many times the region's size away from it a place is still drawn, so that the line shows where it left to. */
const SEEN = 20

function onSurface(surface: surfaces.Surface, running: readonly Running[]): Scenery["paths"] {
  const seen = (point: readonly number[]): boolean =>
    point.every((x, i) => {
      const [low, high] = surface.region[i]!
      return Math.abs(x - (low + high) / 2) < SEEN * (high - low)
    })
  return running.map(({ entry, tracer }) => ({
    letter: entry.letter,
    points: thinned(tracer.describe().points.filter(seen), 300).map(([x, y]): Place => [x!, y!]),
  }))
}

/** Points of a way that have a say in a net's plane: with them grows the matrix whose eigenvectors it is made of. */
const WEIGHTY = 12

/** The plane of a net's parameters that the runners stay closest to; one that leaves for good has no say in it. */
async function planeOf(running: readonly Running[]): Promise<Plane | null> {
  const staying = running
    .map(({ tracer }) => tracer.describe())
    .filter(({ behaviour }) => behaviour !== "diverging")
  const points = staying.flatMap(({ points }) =>
    thinned(points, WEIGHTY).map((point) => Float64Array.from(point)),
  )
  return points.length < 3 ? null : trajectoryPlane(points)
}

async function netScenery(
  objective: Objective,
  plane: Plane,
  running: readonly Running[],
  cells: number,
): Promise<Scenery> {
  const paths = running.map(({ entry: { letter }, tracer }) => {
    const way = thinned(tracer.describe().points, 300).filter((point) => point.every(Number.isFinite))
    const points = way.map((point) => Float64Array.from(point))
    return { letter, points: project(points, plane.origin, plane.directions) }
  })
  return { grid: await gridOf(objective, windowOf(plane, 1), cells), axes: plane.labels, minima: [], paths }
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { steps, seed, share, broken } = values
  const ground = groundOf(values)
  const { surface, start } = ground
  // Broken on purpose: of every two steps the first is not recorded.
  const seen = (make: ReturnType<typeof makerOf>) => (broken ? everySecond(make) : make)
  const running = entriesOf(values).map((entry): Running => {
    const options = { start, steps, seed, capture: isCapturable(entry) }
    const tracer = new surfaces.Tracer(surface, seen(makerOf(entry)), options)
    return { entry, tracer }
  })

  const parabola: Ground = { surface: surfaces.quadratic({ curvatures: [1] }), start: [1], objective: null }
  const alone = new surfaces.Tracer(
    parabola.surface,
    seen((p) => optim.sgd(p, { lr: share })),
    {
      ...{ start: parabola.start, steps: PARABOLA_STEPS, capture: true },
    },
  )
  const foretold = [
    { name: "on the parabola", descent: descentOn(parabola, share, PARABOLA_STEPS), tracer: alone },
    ...running
      .filter(({ entry }) => values.surface === "quadratic" && isPlain(entry))
      .map(({ entry, tracer }) => ({
        name: `runner ${entry.letter} in the bowl`,
        descent: descentOn(ground, entry.rate, steps),
        tracer,
      })),
  ].filter(({ descent }) => !isFragile(descent))
  const predictions = foretold.map(({ descent }) => predictedSpans(descent))

  const net = ground.objective !== null
  const grid = net ? null : heightsOf(surface)
  const known = surface.minima.map(({ value }) => value)
  let scenery: Scenery | null = null
  const view = (agreements: readonly Agreement[], done: boolean): View => {
    const runners = running.map(({ entry, tracer }) => runnerOf(entry, tracer.describe()))
    const minima = surface.minima.map(({ point: [x, y] }): Place => [x!, y!])
    const flat = grid && { grid, axes: ["x", "y"] as const, minima, paths: onSurface(surface, running) }
    return {
      ...{ runners, agreements, done, rules: surfaces.behaviourRules },
      scenery: flat ?? scenery,
      floor: known.length > 0 ? Math.min(...known) : net ? 0 : null,
      parabola: alone.describe().points.map(([x]) => x!),
      foretold: foretold.map(({ name, tracer }, i) => ({
        ...{ name, predicted: predictions[i]! },
        measured: tracer.describe().behaviours.map((span) => ({ ...span })),
      })),
    }
  }

  let pause = performance.now() + 30
  for (const tracers = [...running.map(({ tracer }) => tracer), alone]; tracers.some(({ done }) => !done); ) {
    for (const tracer of tracers) {
      await tracer.step()
      if (performance.now() < pause) continue
      yield view([], false)
      if (signal.aborted) return
      pause = performance.now() + 80
    }
  }
  const plane = net ? await planeOf(running) : null
  if (plane !== null) {
    for (const cells of [COARSE, FINE]) {
      scenery = await netScenery(ground.objective!, plane, running, cells)
      yield view([], false)
      if (signal.aborted) return
    }
  }
  const totals = new Map<string, Agreement>()
  for (const { tracer } of running) {
    for (const { name, named, agreeing } of agreementsOf(tracer.describe())) {
      const sum = totals.get(name)
      totals.set(name, { name, named: named + (sum?.named ?? 0), agreeing: agreeing + (sum?.agreeing ?? 0) })
    }
    if (performance.now() > pause) {
      yield view([], false)
      if (signal.aborted) return
      pause = performance.now() + 80
    }
  }
  yield view([...totals.values()], true)
}
