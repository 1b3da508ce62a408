import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 6,
  title: "Zero initialisation and depth",
  question:
    "All weights are zero, or almost. How long does a net of one, two or three hidden layers stay there?",
  topic: "Initialisation",
}
