import type { Meta } from "../experiment.ts"

export const meta: Meta = {
  number: 9,
  title: "Augmentation and noise",
  question:
    "A net that sees few images learns them by heart. Does it help to change each image a little, anew each time? And what does noise on the inputs do, exactly?",
  topic: "Data",
}
