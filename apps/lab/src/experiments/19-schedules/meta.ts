import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 19,
  title: "Schedules",
  question:
    "A large rate is fast and ends high above the minimum, a small one is slow. Can one run have both?",
  topic: "Optimizers",
}
