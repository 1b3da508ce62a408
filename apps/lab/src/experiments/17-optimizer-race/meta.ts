import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 17,
  title: "Optimizer race",
  question:
    "Several optimizers start at one place. Which of them overshoot, oscillate, stagnate or leave for good, and when?",
  topic: "Optimizers",
}
