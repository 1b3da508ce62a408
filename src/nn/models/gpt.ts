import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { arange, matmul } from "../../tensor/index.ts"
import { scaledDotProductAttention } from "../functional.ts"
import { normal_, zeros_ } from "../init/index.ts"
import type { Dropout, Embedding, LayerNorm, ModuleList } from "../layers/index.ts"
import {
  dropout,
  Embedding as EmbeddingLayer,
  embedding,
  gelu,
  Linear,
  layerNorm,
  linear,
  moduleList,
} from "../layers/index.ts"
import { Module } from "../module.ts"

export interface GPTOptions {
  /** Different tokens. */
  readonly vocabulary: number
  /** Tokens that are read at once. Default: 1024. */
  readonly context?: number
  /** Default: 12. */
  readonly layers?: number
  /** Default: 12. */
  readonly heads?: number
  /** Features of a token, a multiple of `heads`. Default: 768. */
  readonly width?: number
  /** Default: 0. */
  readonly dropout?: number
  /** Biases in linear layers. Default: true. */
  readonly bias?: boolean
}

/** Attention of each token to itself and those before it. */
class CausalSelfAttention extends Module {
  readonly heads: number
  qkv: Linear
  projection: Linear
  dropout: Dropout

  constructor({ width, heads, bias, dropout: dropped }: Required<GPTOptions>) {
    super()
    this.heads = heads
    this.qkv = linear(width, 3 * width, { bias })
    this.projection = linear(width, width, { bias })
    this.dropout = dropout({ p: dropped })
  }

  override forward(x: Tensor): Tensor {
    const [batch, steps, width] = x.shape as [number, number, number]
    const parts = this.qkv.forward(x).reshape([batch, steps, 3, this.heads, width / this.heads])
    const [q, k, v] = [0, 1, 2].map((i) => parts.select(2, i).transpose(1, 2))
    const attended = scaledDotProductAttention(q!, k!, v!, { isCausal: true })
    const joined = attended.transpose(1, 2).reshape([batch, steps, width])
    return this.dropout.forward(this.projection.forward(joined))
  }
}

/** x + attention(norm(x)), then x + mlp(norm(x)). */
class GPTBlock extends Module {
  norm1: LayerNorm
  attention: CausalSelfAttention
  norm2: LayerNorm
  widen: Linear
  narrow: Linear
  dropout: Dropout

  constructor(options: Required<GPTOptions>) {
    super()
    const { width, bias, dropout: dropped } = options
    this.norm1 = layerNorm(width)
    this.attention = new CausalSelfAttention(options)
    this.norm2 = layerNorm(width)
    this.widen = linear(width, 4 * width, { bias })
    this.narrow = linear(4 * width, width, { bias })
    this.dropout = dropout({ p: dropped })
  }

  override forward(x: Tensor): Tensor {
    const h = x.add(this.attention.forward(this.norm1.forward(x)))
    const inner = gelu({ approximate: "tanh" }).forward(this.widen.forward(this.norm2.forward(h)))
    return h.add(this.dropout.forward(this.narrow.forward(inner)))
  }
}

/**
 * A decoder-only transformer that says which token comes next: the architecture of GPT-2.
 *
 *     x = E[token] + P[position];  x ← blocks(x);  logits = norm(x)·Eᵀ
 *
 * Shapes: tokens [batch, steps ≤ context], int32 → logits [batch, steps, vocabulary]. The output shares its weights with
 * the embedding E. 124,439,808 parameters with GPT-2's 50,257 tokens, 1,024 positions, 12 layers and width 768.
 *
 * Weights start as N(0, 0.02²), those that end a residual branch with 0.02/√(2·layers), biases at 0.
 *
 * Radford et al., "Language Models are Unsupervised Multitask Learners" (2019).
 *
 * @throws NABLA_SHAPE_MISMATCH from forward for more tokens than the context
 *
 * @example
 * const model = nn.gpt({ vocabulary: 65, context: 32, layers: 2, heads: 2, width: 16 })
 * model.forward(zeros([4, 32], { dtype: "int32" })).shape // [4, 32, 65]
 */
export class GPT extends Module {
  readonly options: Readonly<Required<GPTOptions>>
  tokens: Embedding
  positions: Embedding
  dropout: Dropout
  blocks: ModuleList<GPTBlock>
  norm: LayerNorm

  constructor(options: GPTOptions) {
    super()
    const defaults = { context: 1024, layers: 12, heads: 12, width: 768, dropout: 0, bias: true }
    const settled = { ...defaults, ...options }
    checkHeads(settled)
    this.options = settled
    this.tokens = embedding(settled.vocabulary, settled.width)
    this.positions = embedding(settled.context, settled.width)
    this.dropout = dropout({ p: settled.dropout })
    this.blocks = moduleList(Array.from({ length: settled.layers }, () => new GPTBlock(settled)))
    this.norm = layerNorm(settled.width)
    this.start()
  }

  private start(): void {
    this.apply((module) => {
      if (module instanceof Linear) {
        normal_(module.weight, { std: 0.02 })
        if (module.bias !== null) zeros_(module.bias)
      } else if (module instanceof EmbeddingLayer) normal_(module.weight, { std: 0.02 })
    })
    const std = 0.02 / Math.sqrt(2 * this.options.layers)
    for (const { attention, narrow } of this.blocks) {
      normal_(attention.projection.weight, { std })
      normal_(narrow.weight, { std })
    }
  }

  override forward(tokens: Tensor): Tensor {
    const steps = tokens.shape[1] ?? 0
    if (tokens.ndim !== 2 || steps > this.options.context) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "these are no tokens for this model",
        expected: `[batch, at most ${this.options.context} tokens]`,
        got: `[${tokens.shape.join(", ")}]`,
        where: "GPT",
      })
    }
    const positions = this.positions.forward(arange(steps))
    let x = this.dropout.forward(this.tokens.forward(tokens).add(positions))
    for (const block of this.blocks) x = block.forward(x)
    return matmul(this.norm.forward(x), this.tokens.weight.transpose(0, 1))
  }
}

function checkHeads({ width, heads }: Required<GPTOptions>): void {
  if (Number.isSafeInteger(heads) && heads >= 1 && width % heads === 0) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the features cannot be shared out among the heads",
    expected: "a width that is a multiple of heads",
    got: `width ${width}, heads ${heads}`,
    where: "GPT",
  })
}

export function gpt(options: GPTOptions): GPT {
  return new GPT(options)
}
