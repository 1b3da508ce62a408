import type { Shape } from "../../base/index.ts"
import { formatShape, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"

/** Non-linearities whose gain is known. */
export type Nonlinearity =
  | "linear"
  | "identity"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu"
  | `conv${1 | 2 | 3}d`
  | `conv_transpose${1 | 2 | 3}d`

/**
 * The factor by which weights are scaled so that the activations behind them keep their variance: 1 for linear maps and
 * sigmoid, 5/3 for tanh, √2 for ReLU, √(2/(1 + slope²)) for leaky ReLU (slope: `param`, default 0.01), 3/4 for SELU.
 *
 * @throws NABLA_INVALID_ARGUMENT for a non-linearity that has none
 *
 * @example nn.init.calculateGain("relu") // 1.4142…
 */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  switch (nonlinearity) {
    case "tanh":
      return 5 / 3
    case "relu":
      return Math.SQRT2
    case "leaky_relu":
      return Math.sqrt(2 / (1 + param * param))
    case "selu":
      return 3 / 4
  }
  if (/^(linear|identity|sigmoid|conv(_transpose)?[123]d)$/.test(nonlinearity)) return 1
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the gain of this non-linearity is not known",
    where: "calculateGain",
    expected: "linear, identity, sigmoid, tanh, relu, leaky_relu, selu, conv1d … conv_transpose3d",
    got: String(nonlinearity),
  })
}

/**
 * How many inputs each output of a layer with this weight sums, and how many outputs each input reaches:
 * [shape[1]·∏shape[2:], shape[0]·∏shape[2:]].
 *
 * @throws NABLA_SHAPE_MISMATCH for fewer than 2 dimensions
 *
 * @example nn.init.calculateFanInAndFanOut(zeros([6, 2, 3, 5])) // [30, 90]
 */
export function calculateFanInAndFanOut(tensor: Tensor): [fanIn: number, fanOut: number] {
  return fans(tensor.shape)
}

export function fans(shape: Shape): [number, number] {
  const [outputs, inputs, ...kernel] = shape
  if (outputs === undefined || inputs === undefined) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "fan-in and fan-out are those of a weight",
      where: "calculateFanInAndFanOut",
      expected: "at least 2 dimensions: [outputs, inputs, …]",
      got: formatShape(shape),
    })
  }
  const field = kernel.reduce((n, size) => n * size, 1)
  return [inputs * field, outputs * field]
}
