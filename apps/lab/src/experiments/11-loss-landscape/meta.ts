import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 11,
  title: "The loss landscape of a net",
  question:
    "A picture shows the loss around a trained net as sharp or flat. Is that a property of the net, or of how the picture was made?",
  topic: "Landscapes",
}
