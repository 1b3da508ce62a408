import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 4,
  title: "Activation functions",
  question:
    "What does an activation function do to the signal on its way in, and to the gradient on its way back?",
  topic: "Activations",
}
