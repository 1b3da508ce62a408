/** What shows in a training whose model or data are at fault: checks of those name all of it among what they cause. */
export const POOR_TRAINING = [
  "stuck",
  "rate-too-high",
  "rate-too-low",
  "ill-conditioned-loss",
  "gradient-noise",
  "no-gradient",
  "under-capacity",
  "overfitting",
  "non-finite",
] as const

/** What signals of the wrong size do to units and gradients. */
export const POOR_SIGNALS = ["saturated", "dead-relu", "vanishing", "exploding"] as const
