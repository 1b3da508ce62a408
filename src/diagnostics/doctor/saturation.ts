import type { Observation } from "../instrument/observation.ts"

export interface SaturatedLayer {
  readonly path: string
  readonly type: string
  readonly share: number
}

const TWO_SIDED = /^(tanh|sigmoid|hardtanh|hardsigmoid|softsign|logSigmoid)$/i

/**
 * The shares of saturated units of functions that are flat at both ends, in hidden layers. At the output saturation means
 * a sure answer; gates of recurrent layers are meant to open and close.
 */
export function twoSidedSaturation({ layers }: Observation): SaturatedLayer[] {
  const lastWeights = layers.findLastIndex(({ kind }) => kind === "layer")
  return layers.flatMap(({ kind, type, path, saturated }, i) =>
    kind === "activation" && i < lastWeights && saturated !== undefined && TWO_SIDED.test(type)
      ? [{ path, type, share: saturated }]
      : [],
  )
}
