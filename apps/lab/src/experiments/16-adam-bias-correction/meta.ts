import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 16,
  title: "Adam's bias correction",
  question: "Adam's averages start at zero. What happens to the first steps when nobody corrects for that?",
  topic: "Optimizers",
}
