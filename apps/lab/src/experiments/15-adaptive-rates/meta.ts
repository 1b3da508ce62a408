import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 15,
  title: "Adaptive rates and the axes",
  question:
    "Adagrad gives each coordinate a rate of its own. What is left of its advantage when the bowl is turned?",
  topic: "Optimizers",
}
