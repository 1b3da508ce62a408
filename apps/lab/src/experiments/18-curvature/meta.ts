import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 18,
  title: "Curvature and the edge of stability",
  question:
    "How large may a rate be? And what does a net do when the rate is almost too large for where it is?",
  topic: "Landscapes",
}
