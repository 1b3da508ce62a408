import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 10,
  title: "Batch norm",
  question:
    "What does it change that each unit is brought to mean 0 and variance 1 over the batch? And what does it cost that the batch is a small sample?",
  topic: "Normalisation",
}
