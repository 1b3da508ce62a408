import { join } from "node:path"
import { NablaError } from "../../base/index.ts"
import type { Connection, Normalisation, Objective, Plane } from "../../diagnostics/index.ts"
import {
  connectionPlane,
  connectionSvg,
  connectModes,
  landscapePng,
  landscapeSvg,
  planeSlice,
  randomPlane,
  trajectoryPlane,
} from "../../diagnostics/index.ts"
import { writeFileWhole } from "../../train/node.ts"
import type { RunModel } from "../eval/run-model.ts"
import { Interruption } from "../terminal/interruption.ts"
import type { RunObjectiveOptions } from "./run-objective.ts"
import { percentOf, runObjective, trajectoryOf } from "./run-objective.ts"

export interface LandscapeOptions extends RunObjectiveOptions {
  /** Default: the trajectory where there are checkpoints enough, else random. */
  readonly plane?: "random" | "trajectory"
  /** Another run to connect with. */
  readonly to?: string
  readonly normalise: Normalisation
  readonly points: number
  /** Half the width of a random plane. */
  readonly range: number
  readonly steps: number
  readonly seed: number
  readonly out?: string
}

/** Writes pictures and figures of a run's landscape; gives the paths, or null when it was interrupted. */
export async function landscape(path: string, options: LandscapeOptions): Promise<string[] | null> {
  const interruption = new Interruption()
  const progress = percentOf("landscape")
  const control = { signal: interruption.signal, onProgress: progress.onProgress }
  try {
    const { objective, loaded } = await runObjective(path, options)
    const connection = options.to === undefined ? null : await connect(objective, options, control)
    const plane =
      connection === null ? await planeOf(objective, loaded, options) : connectionPlane(connection)
    const { points, range } = options
    const ranges = plane.path === undefined && {
      rangeX: [-range, range] as const,
      rangeY: [-range, range] as const,
    }
    const slice = await planeSlice(objective, plane, { points, ...ranges, ...control })
    if (slice.interrupted) return null
    const title = `${loaded.run.name}: loss on ${options.data === "train" ? "training" : "held-out"} data`
    const folder = options.out ?? path
    const figures = { x: [...slice.x], y: [...slice.y], values: [...slice.values], labels: slice.labels }
    const { explained } = plane
    const files: Record<string, string | Uint8Array> = {
      "landscape.svg": await landscapeSvg(slice, { title }),
      "landscape.png": await landscapePng(slice),
      "landscape.json": json({
        ...figures,
        path: slice.path,
        ...(explained && { explained }),
        ...described(options),
      }),
      ...(connection !== null && (await connectionFiles(connection))),
    }
    for (const [name, content] of Object.entries(files)) writeFileWhole(join(folder, name), content)
    return Object.keys(files).map((name) => join(folder, name))
  } finally {
    progress.end()
    interruption.dispose()
  }
}

async function connect(
  objective: Objective,
  options: LandscapeOptions,
  control: { signal: AbortSignal },
): Promise<Connection> {
  const other = await runObjective(options.to!, options)
  const { steps, seed } = options
  return connectModes(objective, await objective.values(), await other.objective.values(), {
    steps,
    seed,
    ...control,
  })
}

async function connectionFiles(found: Connection): Promise<Record<string, string>> {
  const { at, values, barrier, straight } = found
  const both = {
    at: [...at],
    values: [...values],
    barrier,
    straight: [...straight.values],
    straightBarrier: straight.barrier,
  }
  return { "connection.svg": await connectionSvg(found), "connection.json": json(both) }
}

async function planeOf(objective: Objective, loaded: RunModel, options: LandscapeOptions): Promise<Plane> {
  const { normalise, seed } = options
  const enough = loaded.run.checkpoints.length >= 2
  if (options.plane === "random" || (options.plane === undefined && !enough))
    return randomPlane(objective, { normalise, seed })
  const points = await trajectoryOf(loaded, objective)
  if (points.length >= 3) return trajectoryPlane(points)
  throw new NablaError("NABLA_NO_CHECKPOINT", {
    message: "a trajectory needs three different points",
    expected: "at least 2 checkpoints and the weights of the end",
    got: `${points.length} points`,
    where: loaded.run.path,
    hint: "use --plane random, or train with more checkpoints",
  })
}

function described({ data, samples, weights, to, normalise, seed }: LandscapeOptions): object {
  return { data, samples, weights, normalise, seed, ...(to !== undefined && { to }) }
}

function json(value: object): string {
  return `${JSON.stringify(value)}\n`
}
