import type { Tensor } from "../../tensor/index.ts"
import { matmul, roll, softmax, softplus, split } from "../../tensor/index.ts"
import { xavierUniform_ } from "../init/index.ts"
import type { Linear } from "../layers/index.ts"
import { linear } from "../layers/index.ts"
import { Module } from "../module.ts"

/** What a head asks of the memory at a step. */
export interface Addressing {
  /** Weight of each slot, ≥ 0 with sum 1: [batch, slots]. */
  readonly weights: Tensor
  /** What else the controller said to this head: [batch, extra]. */
  readonly rest: Tensor | null
}

const SHIFTS = [-1, 0, 1] as const
/** Keeps norms and powers away from 0, where their derivatives have none. */
const EPSILON = 1e-8

/**
 * Where a head of a neural Turing machine looks: by content, then by location.
 *
 *     wᶜ = softmax(β·cos(k, Mᵢ))        content: key k, strength β ≥ 0
 *     wᵍ = g·wᶜ + (1 − g)·w₍ₜ₋₁₎        gate g in (0, 1)
 *     w̃ = wᵍ ⊛ s                        circular shift by −1, 0 or 1, s a distribution
 *     w = w̃^γ / Σ w̃^γ                   sharpening, γ ≥ 1
 *
 * Graves, Wayne & Danihelka, "Neural Turing Machines" (2014), section 3.3.
 */
export class NTMHead extends Module<[control: Tensor, memory: Tensor, before: Tensor], Addressing> {
  readonly sizes: readonly number[]
  projection: Linear

  /**
   * @param control features of the controller's output
   * @param width numbers in a slot
   * @param extra further numbers that the head wants from the controller
   */
  constructor(control: number, width: number, extra: number) {
    super()
    this.sizes = [width, 1, 1, SHIFTS.length, 1, ...(extra > 0 ? [extra] : [])]
    this.projection = linear(
      control,
      this.sizes.reduce((sum, size) => sum + size, 0),
    )
    xavierUniform_(this.projection.weight, { gain: 1.4 })
  }

  override forward(control: Tensor, memory: Tensor, before: Tensor): Addressing {
    const [key, strength, gate, shift, sharpness, rest = null] = split(
      this.projection.forward(control),
      this.sizes,
      1,
    ) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor?]
    const content = softmax(similarity(memory, key.tanh()).mul(softplus(strength)), 1)
    const g = gate.sigmoid()
    const gated = content.mul(g).add(before.mul(g.neg().add(1)))
    const powers = shifted(gated, softmax(shift, 1)).add(EPSILON).pow(softplus(sharpness).add(1))
    return { weights: powers.div(powers.sum(1, { keepdim: true })), rest }
  }
}

/** Cosine of the angle between a key [batch, width] and each slot [batch, slots, width]. */
function similarity(memory: Tensor, key: Tensor): Tensor {
  const product = matmul(memory, key.unsqueeze(2)).squeeze(2)
  const slots = memory.square().sum(2).add(EPSILON).sqrt()
  const length = key.square().sum(1, { keepdim: true }).add(EPSILON).sqrt()
  return product.div(slots.mul(length))
}

/** Σₖ s₍ₖ₎·(w moved by k slots, around the end). */
function shifted(weights: Tensor, distribution: Tensor): Tensor {
  return SHIFTS.map((by, i) => roll(weights, [by], [1]).mul(distribution.narrow(1, i, 1))).reduce(
    (sum, part) => sum.add(part),
  )
}
