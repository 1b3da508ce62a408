import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 14,
  title: "Momentum and Nesterov",
  question:
    "A bowl is much steeper one way than the other. How much does it help to keep some of the last step?",
  topic: "Optimizers",
}
