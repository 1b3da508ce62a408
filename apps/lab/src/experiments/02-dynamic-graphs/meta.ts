import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 2,
  title: "Graphs that depend on the input",
  question: "A program has a loop and an if. What is its graph, and what is its derivative?",
  topic: "Differentiation",
}
