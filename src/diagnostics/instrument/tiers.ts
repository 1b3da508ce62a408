import { NablaError } from "../../base/index.ts"
import type { StatisticsOptions } from "../forward/statistics.ts"

/** How much is looked at; docs/instruments.md has the measured cost of each. */
export type Tier = "cheap" | "default" | "full"

export interface InstrumentOptions {
  /**
   * "cheap": mean, deviation and range of each layer's output; norms of gradients, weights and updates.
   * "default": also gradients of activations, saturation, dead units, zeros, kurtosis, gains.
   * "full": also histograms, effective rank, cosine of successive gradients, drift of the weights.
   * Default: "default".
   */
  readonly tier?: Tier
  /** Every how many steps it looks. Default: 10; 1 for "full". */
  readonly every?: number
  /** Intervals of histograms of outputs and gradients; 0 for none. Default: 0; 32 for "full". */
  readonly bins?: number
  /** How many observed steps in a row a unit must be saturated to count as dead. Default: 10. */
  readonly window?: number
  /** How many observations are kept, the latest ones. Default: 1000. */
  readonly keep?: number
}

/** Options of a probe with all that follows from them. */
export interface Settings {
  readonly tier: Tier
  readonly every: number
  readonly window: number
  readonly keep: number
  readonly statistics: StatisticsOptions
  /** Of parameters' gradients. */
  readonly gradients: StatisticsOptions
  readonly detailed: boolean
  readonly full: boolean
}

const NAMES = ["tier", "every", "bins", "window", "keep"]
const TIERS = ["cheap", "default", "full"]

/** @throws NABLA_INVALID_ARGUMENT for an unknown option, or a value out of its range */
export function settingsOf(options: InstrumentOptions): Settings {
  const unknown = Object.keys(options).filter((name) => !NAMES.includes(name))
  if (unknown.length > 0) throw invalid("option", NAMES.join(", "), unknown.join(", "))
  const { tier = "default" } = options
  if (!TIERS.includes(tier)) throw invalid("tier", TIERS.join(", "), tier)
  const full = tier === "full"
  const { every = full ? 1 : 10, bins = full ? 32 : 0, window = 10, keep = 1000 } = options
  for (const [name, value, least] of [
    ["every", every, 1],
    ["bins", bins, 0],
    ["window", window, 1],
    ["keep", keep, 1],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least)
      throw invalid(name, `a whole number ≥ ${least}`, String(value))
  const detailed = tier !== "cheap"
  return {
    ...{ tier, every, window, keep, detailed, full },
    statistics: { shape: detailed, bins },
    gradients: { shape: full, bins },
  }
}

function invalid(name: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `this is no ${name} of instrument`,
    where: "instrument",
    expected,
    got,
  })
}
