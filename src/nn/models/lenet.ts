import type { Sequential } from "../layers/index.ts"
import { conv2d, flatten, linear, maxPool2d, relu, sequential } from "../layers/index.ts"

export interface LeNetOptions {
  /** Channels of the images. Default: 1. */
  readonly channels?: number
  /** Default: 10. */
  readonly classes?: number
}

/**
 * LeNet-5 for images of 28×28: two convolutions of 5×5 (the first padded, as the paper's images are 32×32), each followed
 * by a 2×2 pooling, and three linear layers. As in today's versions the activation is relu and the pooling takes the
 * maximum.
 *
 * Shapes: [batch, channels, 28, 28] → [batch, classes]. 61,706 parameters with one channel and ten classes.
 *
 * LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition" (1998).
 *
 * @example nn.lenet().forward(randn([2, 1, 28, 28])).shape // [2, 10]
 */
export function lenet({ channels = 1, classes = 10 }: LeNetOptions = {}): Sequential {
  return sequential(
    conv2d(channels, 6, 5, { padding: 2 }),
    relu(),
    maxPool2d(2),
    conv2d(6, 16, 5),
    relu(),
    maxPool2d(2),
    flatten(),
    linear(16 * 5 * 5, 120),
    relu(),
    linear(120, 84),
    relu(),
    linear(84, classes),
  )
}
