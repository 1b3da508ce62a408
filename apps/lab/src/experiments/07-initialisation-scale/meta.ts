import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 7,
  title: "The scale of initialisation",
  question:
    "How large should random weights be, so that signals reach the last layer and gradients the first?",
  topic: "Initialisation",
}
