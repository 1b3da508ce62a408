import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import type { Training } from "./net.ts"
import { training } from "./net.ts"
import type { Curvatures, Differences, Picture } from "./study.ts"
import { COARSE, FINE, Study } from "./study.ts"
import { ALPHAS } from "./theory.ts"

export interface View {
  /** The training's losses, before each step. */
  readonly losses: readonly number[]
  /** Of the net as it was trained, and of the rescaled one. */
  readonly trained: Picture | null
  readonly rescaled: Picture | null
  readonly differences: Differences | null
  readonly curvatures: Curvatures | null
  /** The largest curvature by the factor α, as the trained net's Hessian says. */
  readonly sweep: readonly (readonly [alpha: number, sharpness: number])[]
  readonly done: boolean
}

const nothing: View = {
  ...{ losses: [], trained: null, rescaled: null, differences: null, curvatures: null },
  ...{ sweep: [], done: false },
}

/** The last training that came to its end: what is dragged does not train anew. */
let last: { readonly key: string; readonly training: Training } | null = null

async function* trained(
  values: Values,
  key: string,
  signal: AbortSignal,
): AsyncGenerator<View, Training | null> {
  if (last?.key === key) return last.training
  let pause = performance.now() + 60
  let so: Training | null = null
  for await (so of training(values)) {
    if (signal.aborted) return null
    if (performance.now() < pause) continue
    yield { ...nothing, losses: [...so.losses] }
    pause = performance.now() + 60
  }
  last = { key, training: so! }
  return so
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { data, activation, width, steps, seed, broken, alpha } = values
  const key = [data, activation, width, steps, seed, broken]
  const training = yield* trained(values, JSON.stringify(key), signal)
  if (training === null) return
  const study = new Study(values, training, key)
  let view: View = { ...nothing, losses: [...training.losses] }
  const parts: (() => Promise<Partial<View>>)[] = [
    async () => ({ trained: await study.picture(1, COARSE) }),
    async () => ({ rescaled: await study.picture(alpha, COARSE) }),
    async () => ({ differences: await study.differences() }),
    async () => ({ curvatures: await study.curvatures() }),
    async () => ({ trained: await study.picture(1, FINE) }),
    async () => ({ rescaled: await study.picture(alpha, FINE) }),
    ...ALPHAS.map((factor, i) => async () => ({
      sweep: [...view.sweep, [factor, await study.sharpnessAt(factor)] as const],
      done: i === ALPHAS.length - 1,
    })),
  ]
  let pause = performance.now()
  for (const part of parts) {
    if (signal.aborted) return
    view = { ...view, ...(await part()) }
    // What is known already need not be drawn piece by piece.
    if (performance.now() < pause && !view.done) continue
    yield view
    pause = performance.now() + 40
  }
}
