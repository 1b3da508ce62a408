import { formatShape, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { resultType, toNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import type { Spatial } from "./spatial.ts"
import { checkWindow, padSpatial, wholePerDimension } from "./spatial.ts"

export interface ConvOptions {
  readonly stride?: Spatial
  /** Zeros added on both sides of each spatial dimension; "same" keeps the size (stride 1), "valid" adds none. */
  readonly padding?: Spatial | "same" | "valid"
  readonly dilation?: Spatial
  /** Channels are split into this many groups that do not see each other. */
  readonly groups?: number
}

function convolution(
  n: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvOptions,
): Tensor {
  const where = `conv${n}d`
  const groups = options.groups ?? 1
  const stride = wholePerDimension("stride", options.stride, n, 1, 1, where)
  const dilation = wholePerDimension("dilation", options.dilation, n, 1, 1, where)
  const batched = input.ndim === n + 2
  checkConvolution(where, n, input, weight, bias, groups)
  const dtype = resultType(input, weight)
  const node = toNode(input, dtype)
  const x = batched ? node : ops.reshape(node, [1, ...node.shape])
  const kernel = weight.shape.slice(2)
  const [before, after] = paddingOf(where, options.padding, { kernel, stride, dilation })
  const [samples, channels, ...image] = x.shape
  const grouped = ops.reshape(x, [samples!, groups, channels! / groups, ...image])
  const padded = padSpatial(grouped, before, after)
  checkWindow(where, padded.shape.slice(3), kernel, dilation)
  const out = correlate(padded, toNode(weight, dtype), stride, dilation)
  const biased = bias === null ? out : addBias(out, toNode(bias, dtype))
  return wrap(batched ? biased : ops.reshape(biased, biased.shape.slice(1)))
}

interface Windows {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
}

function paddingOf(
  where: string,
  padding: ConvOptions["padding"],
  { kernel, stride, dilation }: Windows,
): [before: number[], after: number[]] {
  if (padding === "same") {
    if (stride.some((step) => step !== 1)) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: 'padding "same" keeps the size of the image, which a stride does not',
        where,
        expected: "stride 1",
        got: formatShape(stride),
      })
    }
    const total = kernel.map((size, i) => dilation[i]! * (size - 1))
    return [total.map((p) => Math.floor(p / 2)), total.map((p) => p - Math.floor(p / 2))]
  }
  const size = padding === "valid" ? 0 : padding
  const both = wholePerDimension("padding", size, kernel.length, 0, 0, where)
  return [both, both]
}

/**
 * Σ over channels and places of the window, as one contraction of the weight with a view of the image's windows.
 * x: [N, G, C, …], w: [G·O, C, …] → [N, G·O, …].
 */
function correlate(x: Node, w: Node, stride: readonly number[], dilation: readonly number[]): Node {
  const n = stride.length
  const [batch, groups] = [x.shape[0]!, x.shape[1]!]
  const [outputs, perGroup, ...kernel] = w.shape
  const spatial = Array.from({ length: n }, (_, i) => 3 + i)
  const windows = ops.windows(x, { dims: spatial, size: kernel, stride, dilation })
  const filters = ops.reshape(w, [groups, outputs! / groups, perGroup!, ...kernel])
  const places = Array.from({ length: n }, (_, i) => i)
  // [G, O, C, k…] × [N, G, C, p…, k…] → [G, O, N, p…]
  const out = ops.dot(filters, windows, {
    lhsBatch: [0],
    rhsBatch: [1],
    lhsContract: [2, ...places.map((i) => 3 + i)],
    rhsContract: [2, ...places.map((i) => 3 + n + i)],
  })
  const positions = out.shape.slice(3)
  const order = [2, 0, 1, ...places.map((i) => 3 + i)]
  return ops.reshape(ops.permute(out, order), [batch, outputs!, ...positions])
}

/** Adds one number to each channel (dimension 1). */
export function addBias(out: Node, bias: Node): Node {
  const shape = out.shape.map((size, i) => (i === 1 ? size : 1))
  return ops.add(out, ops.expand(ops.reshape(bias, shape), out.shape))
}

function checkConvolution(
  where: string,
  n: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  groups: number,
): void {
  const channels = input.shape[input.ndim - n - 1]
  const [outputs, perGroup] = weight.shape
  const ranks = (input.ndim === n + 2 || input.ndim === n + 1) && weight.ndim === n + 2
  const fits = ranks && channels === perGroup! * groups && groups > 0 && outputs! % groups === 0
  if (!fits) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the image does not fit the filters",
      where,
      expected: `an image [N, ${(perGroup ?? 0) * groups}, …] of ${n + 2} dimensions for filters ${formatShape(weight.shape)} in ${groups} group${groups === 1 ? "" : "s"}`,
      got: formatShape(input.shape),
    })
  }
  checkBias(where, bias, outputs!)
}

export function checkBias(where: string, bias: Tensor | null, outputs: number): void {
  if (bias === null || (bias.ndim === 1 && bias.shape[0] === outputs)) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the bias needs one value for each output channel",
    where,
    expected: `[${outputs}]`,
    got: formatShape(bias.shape),
  })
}

/** 1-D cross-correlation: input [N, C, L], weight [O, C/groups, K], bias [O] → [N, O, L′]. */
export const conv1d = composed(
  "conv1d",
  (input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor => {
    return convolution(1, input, weight, bias, options)
  },
)

/** 2-D cross-correlation: input [N, C, H, W], weight [O, C/groups, Kh, Kw], bias [O] → [N, O, H′, W′]. */
export const conv2d = composed(
  "conv2d",
  (input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor => {
    return convolution(2, input, weight, bias, options)
  },
)

/** 3-D cross-correlation: input [N, C, D, H, W], weight [O, C/groups, Kd, Kh, Kw], bias [O]. */
export const conv3d = composed(
  "conv3d",
  (input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor => {
    return convolution(3, input, weight, bias, options)
  },
)
