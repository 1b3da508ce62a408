import type { DType } from "../../base/index.ts"
import { formatShape, NablaError } from "../../base/index.ts"
import { arange, noGrad, Tensor, where, zeros } from "../../tensor/index.ts"
import { assign } from "../assign.ts"
import { checkCount, checkNames } from "../check.ts"
import type { EmbeddingBagMode, EmbeddingOptions } from "../functional.ts"
import { embeddingBag as embeddingBagOf, embedding as embeddingOf } from "../functional.ts"
import { normal_ } from "../init/index.ts"
import { Module } from "../module.ts"
import { Parameter } from "../parameter.ts"

export interface EmbeddingLayerOptions extends EmbeddingOptions {
  /** Type of the table. Default: float32. */
  readonly dtype?: DType
}

const lookUpOptions = ["paddingIdx", "maxNorm", "normType", "scaleGradByFreq"] as const

/** What embeddings share: a table. */
abstract class Table<Args extends readonly unknown[]> extends Module<Args> {
  readonly numEmbeddings: number
  readonly embeddingDim: number
  weight: Parameter

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingLayerOptions,
    known: readonly string[],
  ) {
    super()
    const where = new.target.name
    checkNames(where, options, [...lookUpOptions, "dtype", ...known])
    checkCount(where, "numEmbeddings", numEmbeddings)
    checkCount(where, "embeddingDim", embeddingDim)
    this.numEmbeddings = numEmbeddings
    this.embeddingDim = embeddingDim
    this.weight = new Parameter(zeros([numEmbeddings, embeddingDim], { dtype: options.dtype ?? "float32" }))
    this.resetParameters(options.paddingIdx ?? null)
  }

  /** Draws the table anew: standard normal, with zeros in the row of the padding. */
  private resetParameters(paddingIdx: number | null): void {
    normal_(this.weight)
    if (paddingIdx === null) return
    const rows = this.numEmbeddings
    const padding = paddingIdx < 0 ? paddingIdx + rows : paddingIdx
    const isPadding = arange(0, rows, 1, { dtype: "int32" }).eq(padding).reshape([rows, 1])
    assign(
      this.weight,
      noGrad(() => where(isPadding, 0, this.weight)),
    )
  }
}

/**
 * A table of vectors, one for each of a fixed number of symbols.
 *
 * y[…] = weight[input[…]]
 *
 * Shapes: any, int32 → [*, embeddingDim].
 *
 * @param numEmbeddings number of symbols
 * @param embeddingDim size of each vector
 * @param options paddingIdx: a row that starts as zeros and is not learned; maxNorm: rows that are looked up are scaled
 *   down to it in the table, by the norm of order normType 2; scaleGradByFreq false: divides the gradient of a row by
 *   how often it is looked up; dtype "float32"
 * @throws NABLA_INDEX_OUT_OF_RANGE from forward when an index whose value is known is not in 0 … numEmbeddings − 1
 *
 * Attributes: `weight` [numEmbeddings, embeddingDim], first drawn from N(0, 1).
 *
 * @example nn.embedding(10, 3).forward(tensor([[1, 2], [4, 4]], { dtype: "int32" })).shape // [2, 2, 3]
 */
export class Embedding extends Table<readonly [input: Tensor]> {
  readonly options: EmbeddingOptions

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions = {}) {
    super(numEmbeddings, embeddingDim, options, [])
    const { dtype: _, ...rest } = options
    this.options = rest
  }

  override forward(input: Tensor): Tensor {
    return embeddingOf(input, this.weight, this.options)
  }

  /**
   * An embedding that starts from a table.
   *
   * @param options as for Embedding; freeze true: the table is not learned
   */
  static fromPretrained(
    table: Tensor,
    options: EmbeddingLayerOptions & { readonly freeze?: boolean } = {},
  ): Embedding {
    const { freeze = true, ...rest } = options
    const [rows, features] = table.shape
    if (rows === undefined || features === undefined || table.ndim !== 2) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the table of an embedding is a matrix",
        where: "Embedding.fromPretrained",
        expected: "[rows, features]",
        got: formatShape(table.shape),
      })
    }
    const layer = new Embedding(rows, features, { dtype: table.dtype, ...rest })
    layer.weight = new Parameter(table, { requiresGrad: !freeze })
    return layer
  }
}

export interface EmbeddingBagLayerOptions extends EmbeddingLayerOptions {
  /** What is made of the rows of a bag. Default: "mean". */
  readonly mode?: EmbeddingBagMode
  /** Whether the offsets end with the total number of indices. Default: false. */
  readonly includeLastOffset?: boolean
}

export interface BagOptions {
  /** The place where each bag starts, int32 [bags]. */
  readonly offsets?: Tensor | null
  /** A factor for each index (mode "sum" only). */
  readonly perSampleWeights?: Tensor | null
}

/** Offsets and weights stand behind the input in PyTorch's order, or in an object by their names. */
type BagArgs = readonly [
  input: Tensor,
  offsets?: Tensor | BagOptions | null,
  perSampleWeights?: Tensor | BagOptions | null,
]

function named(name: keyof BagOptions, value: Tensor | BagOptions | null | undefined): BagOptions {
  return value instanceof Tensor ? { [name]: value } : (value ?? {})
}

/**
 * Sums, means or maxima of the vectors of bags of symbols.
 *
 * y[b] = mode over i in bag b of weight[input[i]]
 *
 * Shapes: input [bags, places], int32 → [bags, embeddingDim]; or [total] with offsets [bags], the place where each bag
 * starts. An empty bag gives zeros.
 *
 * @param numEmbeddings number of symbols
 * @param embeddingDim size of each vector
 * @param options mode "mean" (or "sum", "max"), includeLastOffset false, and those of Embedding; symbols equal to
 *   paddingIdx count as absent
 * @throws NABLA_SHAPE_MISMATCH from forward for an input without bags
 * @throws NABLA_INVALID_ARGUMENT from forward for perSampleWeights with another mode than "sum"
 *
 * Attributes: `weight` [numEmbeddings, embeddingDim], first drawn from N(0, 1).
 *
 * @example
 * const [words, offsets] = [tensor([1, 2, 4, 4], { dtype: "int32" }), tensor([0, 3], { dtype: "int32" })]
 * nn.embeddingBag(10, 3).forward(words, { offsets }).shape // [2, 3]
 */
export class EmbeddingBag extends Table<BagArgs> {
  readonly options: EmbeddingOptions & Pick<EmbeddingBagLayerOptions, "mode" | "includeLastOffset">

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagLayerOptions = {}) {
    super(numEmbeddings, embeddingDim, options, ["mode", "includeLastOffset"])
    const { dtype: _, ...rest } = options
    this.options = rest
  }

  override forward(...[input, second, third]: BagArgs): Tensor {
    const options = { ...named("offsets", second), ...named("perSampleWeights", third) }
    checkNames("EmbeddingBag", options, ["offsets", "perSampleWeights"])
    const { offsets = null, perSampleWeights = null } = options
    return embeddingBagOf(input, this.weight, offsets, { ...this.options, perSampleWeights })
  }
}

export const embedding = (
  numEmbeddings: number,
  embeddingDim: number,
  options?: EmbeddingLayerOptions,
): Embedding => new Embedding(numEmbeddings, embeddingDim, options)
export const embeddingBag = (
  numEmbeddings: number,
  embeddingDim: number,
  options?: EmbeddingBagLayerOptions,
): EmbeddingBag => new EmbeddingBag(numEmbeddings, embeddingDim, options)
