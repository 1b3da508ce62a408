import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 21,
  title: "Architectures",
  question: "Two nets have as many weights and see the same data. Why does one learn what the other cannot?",
  topic: "Architectures",
}
