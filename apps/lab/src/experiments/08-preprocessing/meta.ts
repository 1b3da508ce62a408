import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 8,
  title: "Preprocessing",
  question:
    "Why does it matter for gradient descent where the data lie, how they are stretched and how they are turned?",
  topic: "Data",
}
