import { add, mul, noGrad, sub } from "../../tensor/index.ts"
import type { GradientTransform } from "../transform.ts"
import { average, decayOf, perParameter, zeroState } from "../transform.ts"
import { identity } from "./basic.ts"

export interface TraceOptions {
  readonly momentum: number
  /** Default: 0. */
  readonly dampening?: number
  /** Default: false. */
  readonly nesterov?: boolean
}

/**
 * Momentum: b = momentum·b + (1 − dampening)·g, u = b; with Nesterov's look ahead u = g + momentum·b. In the first step
 * b = g, as in PyTorch. Behind the learning rate in a chain it is the form of Sutskever et al. (2013).
 */
export function trace(options: TraceOptions): GradientTransform {
  if (options.momentum === 0) return identity()
  const dampening = (): number => options.dampening ?? 0
  return perParameter({
    state: ["momentumBuffer"],
    init: zeroState("momentumBuffer"),
    numbers: ({ scalar }, step) => ({
      decay: scalar(() => options.momentum),
      share: dampening() === 0 ? null : scalar(() => (step() === 1 ? 1 : 1 - dampening())),
    }),
    update(g, { momentumBuffer }, { decay, share }) {
      const buffer = add(mul(momentumBuffer, decay), share === null ? g : mul(g, share))
      return [options.nesterov ? add(g, mul(buffer, decay)) : buffer, { momentumBuffer: buffer }]
    },
  })
}

/** Momentum as a running average: m = momentum·m + (1 − momentum)·g, u = m; with Nesterov the average once more. */
export function ema(options: Omit<TraceOptions, "dampening">): GradientTransform {
  if (options.momentum === 0) return identity()
  return perParameter({
    state: ["expAvg"],
    init: zeroState("expAvg"),
    numbers: (context) => decayOf(context, () => options.momentum),
    update(g, state, decay) {
      const expAvg = average(state.expAvg, g, decay)
      return [options.nesterov ? average(expAvg, g, decay) : expAvg, { expAvg }]
    },
  })
}

/** Polyak's heavy ball, behind the learning rate: u = g + momentum·(θ − what θ was a step before). */
export function heavyBall(options: { readonly momentum: number }): GradientTransform {
  if (options.momentum === 0) return identity()
  return perParameter({
    state: ["previous"],
    init: (param) => ({ previous: noGrad(() => mul(param, 1)).realize() }),
    numbers: ({ scalar }) => scalar(() => options.momentum),
    // The product is a value of its own: the state is freed when it is replaced, and the parameter's value is not ours.
    update: (g, { previous }, momentum, param) => [
      add(g, mul(sub(param, previous), momentum)),
      { previous: mul(param, 1) },
    ],
  })
}
