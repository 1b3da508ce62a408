import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 1,
  title: "The computation graph",
  question: "How does a program get the exact derivative of a formula, and what does that cost?",
  topic: "Differentiation",
}
