import type { Batch, Objective, Progress } from "../../diagnostics/index.ts"
import { objectiveOf } from "../../diagnostics/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { cat, type DeviceName, setDefaultDevice } from "../../tensor/index.ts"
import { loadCheckpoint } from "../../train/node.ts"
import type { RunModel, Weights } from "../eval/run-model.ts"
import { evaluatedModel } from "../eval/run-model.ts"
import type { Job } from "../recipes/index.ts"

export interface RunObjectiveOptions {
  readonly weights: Weights
  /** Which of the run's data. */
  readonly data: "train" | "test"
  /** How many samples at most. */
  readonly samples: number
  readonly device: DeviceName
}

/** Samples that are evaluated at once. */
const TOGETHER = 256

/** The loss of a run's model on some of its data, for curvature and landscapes. */
export async function runObjective(
  path: string,
  { weights, data, samples, device }: RunObjectiveOptions,
): Promise<{ objective: Objective; loaded: RunModel }> {
  setDefaultDevice(device)
  const loaded = await evaluatedModel(path, undefined, weights)
  const { job } = loaded
  const batches = joined(job[data] as Iterable<Batch>, samples)
  return { objective: objectiveOf(job.model, batches, job.loss && { loss: job.loss }), loaded }
}

/** Batches of up to 256 samples, since a run's own are for training: small. */
function joined(data: Iterable<Batch>, samples: number): Batch[] {
  const out: Batch[] = []
  let [waiting, count, total] = [[] as Batch[], 0, 0]
  const flush = (): void => {
    if (waiting.length > 0) out.push([cat(waiting.map(([x]) => x)), cat(waiting.map(([, y]) => y))])
    waiting = []
    count = 0
  }
  for (const [x, y] of data) {
    const other = waiting[0]
    const fits = !other || (sameRest(other[0], x) && sameRest(other[1], y) && count + x.shape[0]! <= TOGETHER)
    if (!fits) flush()
    const left = Math.min(x.shape[0]!, samples - total)
    waiting.push([x.narrow(0, 0, left), y.narrow(0, 0, left)])
    count += left
    total += left
    if (total >= samples) break
  }
  flush()
  return out
}

function sameRest(a: Tensor, b: Tensor): boolean {
  return String(a.shape.slice(1)) === String(b.shape.slice(1))
}

/** All parameters at each checkpoint of a run, the earliest first, and at the weights that the model has. */
export async function trajectoryOf({ run, job }: RunModel, objective: Objective): Promise<Float64Array[]> {
  const end = await objective.values()
  const own = job.model.stateDict()
  const kept = Object.fromEntries(Object.entries(own).map(([name, t]) => [name, t.detach().clone()]))
  const points: Float64Array[] = []
  try {
    for (const { path } of [...run.checkpoints].reverse())
      points.push(await valuesOf(job.model, (await loadCheckpoint(path)).checkpoint.model, objective))
  } finally {
    job.model.loadStateDict(kept)
  }
  const last = points.at(-1)
  return last?.every((x, i) => x === end[i]) ? points : [...points, end]
}

async function valuesOf(
  model: Job["model"],
  state: Readonly<Record<string, Tensor>>,
  objective: Objective,
): Promise<Float64Array> {
  model.loadStateDict(state)
  return objective.values()
}

/** Shows how far work has come, where somebody is looking. */
export function percentOf(what: string): { onProgress: (progress: Progress) => void; end: () => void } {
  const visible = process.stderr.isTTY
  let shown = ""
  return {
    onProgress: ({ done, total }) => {
      const text = `${what} ${Math.floor((100 * done) / total)} %`
      if (!visible || text === shown) return
      shown = text
      process.stderr.write(`\r${text}`)
    },
    end: () => {
      if (visible && shown !== "") process.stderr.write(`\r${" ".repeat(shown.length)}\r`)
    },
  }
}
