import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 5,
  title: "Constant initialisation",
  question: "All weights begin with the same number. Can training make different units of them?",
  topic: "Initialisation",
}
