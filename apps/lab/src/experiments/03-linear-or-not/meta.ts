import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 3,
  title: "Linear or non-linear",
  question:
    "What do many linear layers learn that one cannot, and what does an activation between them change?",
  topic: "Basics",
}
