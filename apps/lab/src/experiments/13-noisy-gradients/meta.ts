import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 13,
  title: "Noisy gradients",
  question:
    "A gradient from a few samples is only a guess. How good is it, and where does a run with such guesses end?",
  topic: "Optimizers",
}
