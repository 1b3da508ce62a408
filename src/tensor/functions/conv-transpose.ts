import { formatShape, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { resultType, toNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { addBias, checkBias } from "./conv.ts"
import type { Spatial } from "./spatial.ts"
import { checkImage, cropSpatial, padSpatial, wholePerDimension } from "./spatial.ts"

export interface ConvTransposeOptions {
  readonly stride?: Spatial
  /** Taken away from both sides of each spatial dimension of the result. */
  readonly padding?: Spatial
  /** Added to one side of the result, which the stride leaves undetermined; smaller than stride or dilation. */
  readonly outputPadding?: Spatial
  readonly groups?: number
  readonly dilation?: Spatial
}

interface Geometry {
  readonly stride: readonly number[]
  readonly padding: readonly number[]
  readonly outputPadding: readonly number[]
  readonly dilation: readonly number[]
}

/** The adjoint of a convolution: each element of the image adds a scaled copy of the filters to the result. */
function transposedConvolution(
  n: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTransposeOptions,
): Tensor {
  const where = `convTranspose${n}d`
  const groups = options.groups ?? 1
  const geometry = {
    stride: wholePerDimension("stride", options.stride, n, 1, 1, where),
    padding: wholePerDimension("padding", options.padding, n, 0, 0, where),
    outputPadding: wholePerDimension("outputPadding", options.outputPadding, n, 0, 0, where),
    dilation: wholePerDimension("dilation", options.dilation, n, 1, 1, where),
  }
  checkArguments(where, n, input, weight, groups, geometry)
  checkBias(where, bias, weight.shape[1]! * groups)
  const dtype = resultType(input, weight)
  const node = toNode(input, dtype)
  const batched = input.ndim === n + 2
  const x = batched ? node : ops.reshape(node, [1, ...node.shape])
  const out = spreadOut(x, toNode(weight, dtype), groups, geometry, where)
  const biased = bias === null ? out : addBias(out, toNode(bias, dtype))
  return wrap(batched ? biased : ops.reshape(biased, biased.shape.slice(1)))
}

/** x: [N, G·C, p…], w: [G·C, O, k…] → [N, G·O, (p−1)·stride + dilation·(k−1) + 1 − 2·padding + outputPadding …]. */
function spreadOut(x: Node, w: Node, groups: number, geometry: Geometry, where: string): Node {
  const { stride, padding, outputPadding, dilation } = geometry
  const n = stride.length
  const [batch, channels, ...image] = x.shape
  const [, outputs, ...kernel] = w.shape
  const places = Array.from({ length: n }, (_, i) => i)
  const grouped = ops.reshape(x, [batch!, groups, channels! / groups, ...image])
  const filters = ops.reshape(w, [groups, channels! / groups, outputs!, ...kernel])
  // [N, G, C, p…] × [G, C, O, k…] → [G, N, p…, O, k…]
  const products = ops.dot(grouped, filters, {
    lhsBatch: [1],
    rhsBatch: [0],
    lhsContract: [2],
    rhsContract: [1],
  })
  const order = [1, 0, 2 + n, ...places.map((i) => 2 + i), ...places.map((i) => 3 + n + i)]
  const full = places.map((i) => (image[i]! - 1) * stride[i]! + dilation[i]! * (kernel[i]! - 1) + 1)
  const sum = ops.fold(ops.permute(products, order), [batch!, groups, outputs!, ...full], {
    dims: places.map((i) => 3 + i),
    size: kernel,
    stride,
    dilation,
  })
  const joined = ops.reshape(sum, [batch!, groups * outputs!, ...full])
  return trim(joined, full, padding, outputPadding, where)
}

function trim(
  x: Node,
  full: readonly number[],
  padding: readonly number[],
  outputPadding: readonly number[],
  where: string,
): Node {
  const size = full.map((length, i) => length - 2 * padding[i]! + outputPadding[i]!)
  if (size.some((length) => length < 1)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the padding takes away the whole result",
      where,
      expected: "an image or filters that are larger than twice the padding",
      got: `a result of ${formatShape(size)}`,
    })
  }
  const missing = full.map((_, i) => Math.max(0, outputPadding[i]! - padding[i]!))
  const none = full.map(() => 0)
  return cropSpatial(padSpatial(x, none, missing), padding, size)
}

function checkArguments(
  where: string,
  n: number,
  input: Tensor,
  weight: Tensor,
  groups: number,
  { stride, outputPadding, dilation }: Geometry,
): void {
  checkImage(where, input.shape, n)
  const channels = input.shape[input.ndim - n - 1]!
  if (weight.ndim !== n + 2 || weight.shape[0] !== channels || !(groups > 0) || channels % groups !== 0) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the filters do not fit the image",
      where,
      expected: `filters [${channels}, O/groups, …] of ${n + 2} dimensions, with ${channels} divisible by groups`,
      got: `${formatShape(weight.shape)} in ${groups} groups`,
    })
  }
  if (outputPadding.every((extra, i) => extra < stride[i]! || extra < dilation[i]!)) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "outputPadding must be smaller than the stride or the dilation",
    where,
    expected: `less than ${formatShape(stride)} or ${formatShape(dilation)}`,
    got: formatShape(outputPadding),
  })
}

/** 1-D transposed convolution: input [N, C, L], weight [C, O/groups, K], bias [O] → [N, O, L′]. */
export const convTranspose1d = composed(
  "convTranspose1d",
  (input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvTransposeOptions = {}): Tensor => {
    return transposedConvolution(1, input, weight, bias, options)
  },
)

/** 2-D transposed convolution: input [N, C, H, W], weight [C, O/groups, Kh, Kw], bias [O] → [N, O, H′, W′]. */
export const convTranspose2d = composed(
  "convTranspose2d",
  (input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvTransposeOptions = {}): Tensor => {
    return transposedConvolution(2, input, weight, bias, options)
  },
)

/** 3-D transposed convolution: input [N, C, D, H, W], weight [C, O/groups, Kd, Kh, Kw], bias [O]. */
export const convTranspose3d = composed(
  "convTranspose3d",
  (input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvTransposeOptions = {}): Tensor => {
    return transposedConvolution(3, input, weight, bias, options)
  },
)
