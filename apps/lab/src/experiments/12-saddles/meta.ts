import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 12,
  title: "Saddles",
  question:
    "A run starts almost on the ridge of a saddle. How long does it take to notice that there is a way down?",
  topic: "Landscapes",
}
