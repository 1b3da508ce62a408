import type { DType } from "../../base/index.ts"
import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { gelu, relu } from "../../tensor/index.ts"
import { dropout } from "../functions/dropout.ts"
import type { Module } from "../module.ts"

/** The non-linearity of the feed-forward part: by name, or a function. */
export type TransformerActivation = "relu" | "gelu" | ((x: Tensor) => Tensor)

export interface TransformerLayerOptions {
  /** Features between the two linear maps of the feed-forward part. Default: 2048. */
  readonly dimFeedforward?: number
  /** Probability of dropping attention weights, activations, and outputs of the parts, in training. Default: 0.1. */
  readonly dropout?: number
  /** Default: "relu". */
  readonly activation?: TransformerActivation
  /** Added to variances in the normalisations. Default: 1e-5. */
  readonly layerNormEps?: number
  /** Whether sequences are [N, T, E] rather than [T, N, E]. Default: false. */
  readonly batchFirst?: boolean
  /** Whether inputs of the parts are normalised (pre-norm) rather than the sums behind them. Default: false. */
  readonly normFirst?: boolean
  /** Type of the parameters. Default: float32. */
  readonly dtype?: DType
}

export const layerOptionNames = [
  "dimFeedforward",
  "dropout",
  "activation",
  "layerNormEps",
  "batchFirst",
  "normFirst",
  "dtype",
] as const

/** @throws NABLA_INVALID_ARGUMENT for a name that there is not */
export function activationOf(where: string, activation: TransformerActivation): (x: Tensor) => Tensor {
  if (typeof activation === "function") return activation
  if (activation === "relu") return relu
  if (activation === "gelu") return (x) => gelu(x)
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such activation here",
    where,
    expected: "relu | gelu, or a function",
    got: String(activation),
  })
}

/** x + part(norm(x)), or norm(x + part(x)): a residual part, with its output dropped in training. */
export function residual(
  {
    normFirst,
    training,
    dropout: p,
  }: { readonly normFirst: boolean; readonly training: boolean; readonly dropout: number },
  norm: Module,
  x: Tensor,
  part: (x: Tensor) => Tensor,
): Tensor {
  const added = x.add(dropped(part(normFirst ? norm.forward(x) : x), p, training))
  return normFirst ? added : norm.forward(added)
}

export function dropped(x: Tensor, p: number, training: boolean): Tensor {
  return p > 0 && training ? dropout(x, { p }) : x
}
