import type { Spatial } from "../../../tensor/index.ts"
import type { Sequential } from "../sequential.ts"
import { sequential } from "../sequential.ts"
import type { ConvLayerOptions } from "./conv.ts"
import { conv2d } from "./conv.ts"

export type SeparableConvOptions = Omit<ConvLayerOptions, "groups">

/**
 * A convolution in two steps: one filter for each channel (depthwise), then a mixture of the channels at each place
 * (pointwise) (Chollet 2016, arXiv:1610.02357v3). It has inChannels·(k² + outChannels) weights where a full convolution
 * has inChannels·outChannels·k².
 *
 * y = W₁ₓ₁ ∗ (D ∗ x), D with as many groups as channels
 *
 * Shapes and options as for Conv2d; stride, padding, dilation and paddingMode are those of the first step, bias is for
 * both.
 *
 * Parameters: `0.weight` [inChannels, 1, …kernel], `1.weight` [outChannels, inChannels, 1, 1], and the biases.
 *
 * @example nn.separableConv2d(8, 16, 3, { padding: 1 }).forward(randn([2, 8, 9, 9])).shape // [2, 16, 9, 9]
 */
export function separableConv2d(
  inChannels: number,
  outChannels: number,
  kernelSize: Spatial,
  options: SeparableConvOptions = {},
): Sequential {
  const { bias = true, dtype = "float32" } = options
  return sequential(
    conv2d(inChannels, inChannels, kernelSize, { ...options, groups: inChannels }),
    conv2d(inChannels, outChannels, 1, { bias, dtype }),
  )
}
