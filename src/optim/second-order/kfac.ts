import type { Tensor } from "../../tensor/index.ts"
import {
  add,
  cat,
  clamp,
  div,
  eye,
  gt,
  isCapturing,
  linalg,
  matmul,
  mul,
  reshape,
  sqrt,
  sum,
  trace as traceOf,
  where,
  zeros,
} from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup } from "../groups.ts"
import { count, decay, nonNegative, orNull, positive } from "../rules.ts"
import type { GradientTransform, ParameterState, StepContext } from "../transform.ts"
import { average, chain, decayOf } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"
import { trace } from "../transforms/momentum.ts"
import type { HookedModel, Statistics } from "./kfac-layers.ts"
import { RecordedLayer } from "./kfac-layers.ts"

export interface KFACOptions extends BaseOptions {
  /** μ ≥ 0. Default: 0.9. */
  momentum?: number
  /** λ > 0. Default: 1e-3. */
  damping?: number
  /** ε in [0, 1), decay of the factors' averages. Default: 0.95. */
  statDecay?: number
  /** κ > 0, largest η²·vᵀ∇L of a step; null for no bound. Default: 1e-3. */
  klClip?: number | null
  /** Steps between two inversions ≥ 1. Default: 1. */
  updateEvery?: number
  /** Λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
}

const STATE = ["inputFactor", "outputFactor", "inputInverse", "outputInverse"] as const

/**
 * K-FAC: the natural gradient with a Fisher matrix that is, layer by layer, a Kronecker product (Martens & Grosse,
 * arXiv:1503.05671v7; convolutions: Grosse & Martens, arXiv:1602.01573v2).
 *
 *     A = ε·A + (1 − ε)·mean āāᵀ         ā: the layer's input with a 1 for the bias; ε: statDecay, the first step's is 0
 *     G = ε·G + (1 − ε)·mean ggᵀ         g: the slope of an example's loss at the layer's output
 *     V = (G + √λ/π·I)⁻¹ · ∇W · (A + π·√λ·I)⁻¹        λ: damping, π² = (tr A/dim A)/(tr G/dim G)
 *     V = V·min(1, √(κ/(η²·Σ V·∇W)))     κ: klClip, the sum over all layers
 *     b = μ·b + V, W = W − η·b           η: lr, μ: momentum; other parameters take their gradient for V
 *
 * For a convolution ā runs over the places of the kernel: A is a sum over places, G a mean. The loss must be a mean over
 * the batch. Layers are `Linear` and `Conv2d` with one group; embeddings, norms and others go by their gradients. Departs
 * from the paper: g is that of the training loss (the empirical Fisher matrix) unless passes of another loss are recorded
 * instead, see `recording`; one damping for all layers; momentum is plain.
 *
 * @param model whose layers are watched by forward hooks until `detach()`
 * @throws NABLA_INVALID_ARGUMENT for options out of range, or a model without parameters
 *
 * Attributes: `recording` (true), whether passes through the model are written down. For the true Fisher matrix: record
 * the backward pass of a loss with sampled targets, clear the gradients, switch recording off, and make the training
 * pass.
 *
 * @example
 * const optimizer = optim.kfac(model, { lr: 0.01, damping: 0.01 })
 * nn.crossEntropy(model.forward(x), y).backward()
 * optimizer.step()
 */
export class KFAC extends ChainedOptimizer<KFACOptions> {
  recording = true
  private readonly layers = new Map<Tensor, RecordedLayer>()
  private statistics = new Map<Tensor, Statistics>()

  constructor(model: HookedModel, options: KFACOptions = {}) {
    super(model.parameters(), options, {
      defaults: {
        lr: 1e-2,
        momentum: 0.9,
        damping: 1e-3,
        statDecay: 0.95,
        klClip: 1e-3,
        updateEvery: 1,
        weightDecay: 0,
        maximize: false,
      },
      rules: {
        momentum: nonNegative,
        damping: positive,
        statDecay: decay,
        klClip: orNull(positive),
        updateEvery: count,
        weightDecay: nonNegative,
      },
    })
    for (const module of model.modules()) {
      const layer = RecordedLayer.of(module, () => this.recording)
      if (layer !== null) this.layers.set(layer.weight, layer)
    }
  }

  /** Takes the hooks off the model. */
  detach(): void {
    for (const layer of this.layers.values()) layer.detach()
  }

  override step(): void
  override step(closure: () => Tensor): Tensor
  override step(closure?: () => Tensor): Tensor | undefined {
    const loss = closure === undefined ? undefined : this.evaluate(closure)
    this.statistics = new Map()
    for (const [weight, layer] of this.layers) {
      const found = layer.take()
      if (found !== null) this.statistics.set(weight, found)
    }
    super.step()
    return loss
  }

  override transform(group: ParameterGroup<KFACOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      this.precondition(group),
      trace(group),
      scaleByLearningRate(),
    )
  }

  private precondition(group: ParameterGroup<KFACOptions>): GradientTransform {
    return {
      state: STATE,
      init: (param) => initialState(param, this.layers.get(param)),
      update: (updates, states, params, context) => {
        const next = [...updates]
        const nextStates = [...states]
        const places = new Map(params.map((param, i) => [param, i]))
        const dots: Tensor[] = []
        const watched: number[] = []
        params.forEach((param, i) => {
          const layer = this.layers.get(param)
          if (layer === undefined) return
          const bias = layer.bias === null ? undefined : places.get(layer.bias)
          const slope = joined(layer, updates[i]!, bias === undefined ? null : updates[bias]!)
          const state = this.nextState(param, states[i]!, i, group, context)
          const natural = matmul(matmul(state.outputInverse!, slope), state.inputInverse!)
          dots.push(sum(mul(natural, slope)))
          const columns = param.numel() / layer.height
          next[i] = reshape(natural.narrow(1, 0, columns), param.shape)
          nextStates[i] = state
          watched.push(i)
          if (bias === undefined) return
          next[bias] = reshape(natural.narrow(1, columns, 1), [layer.height])
          watched.push(bias)
        })
        const factor = this.trustFactor(group, dots, context)
        if (factor !== null) for (const i of watched) next[i] = mul(next[i]!, factor)
        return { updates: next, states: nextStates }
      },
    }
  }

  /** The factors with this step's statistics, and their inverses where it is time for them. */
  private nextState(
    param: Tensor,
    state: ParameterState,
    i: number,
    group: ParameterGroup<KFACOptions>,
    context: StepContext,
  ): ParameterState {
    const found = this.statistics.get(param)
    if (found === undefined) return state
    const rates = decayOf(context, () => (context.step(i) === 1 ? 0 : group.statDecay))
    const inputFactor = average(state.inputFactor!, found.inputs, rates)
    const outputFactor = average(state.outputFactor!, found.outputs, rates)
    const due = (): boolean => (context.step(i) - 1) % group.updateEvery === 0
    if (!due() && !isCapturing()) return { ...state, inputFactor, outputFactor }
    const flag = gt(
      context.scalar(() => (due() ? 1 : 0)),
      0,
    )
    const damping = context.scalar(() => Math.sqrt(group.damping))
    const [inputInverse, outputInverse] = dampedInverses(inputFactor, outputFactor, damping)
    return {
      inputFactor,
      outputFactor,
      inputInverse: where(flag, inputInverse, state.inputInverse!),
      outputInverse: where(flag, outputInverse, state.outputInverse!),
    }
  }

  /** What all natural gradients are multiplied by, so that a step is not too long; null without a bound. */
  private trustFactor(
    group: ParameterGroup<KFACOptions>,
    dots: readonly Tensor[],
    context: StepContext,
  ): Tensor | null {
    if (group.klClip === null || dots.length === 0) return null
    const total = dots.reduce((all, part) => add(all, part))
    // A rate of 0 moves nothing: any bound is kept.
    const bound = context.scalar(() => group.klClip! / Math.max(context.lr(), 1e-30) ** 2)
    return clamp(sqrt(div(bound, clamp(total, { min: 1e-30 }))), { max: 1 })
  }

  override readonly structural = ["updateEvery"]
}

function initialState({ dtype }: Tensor, layer: RecordedLayer | undefined): ParameterState {
  if (layer === undefined) return {}
  const [zero, one] = [
    (n: number): Tensor => zeros([n, n], { dtype }).realize(),
    (n: number): Tensor => eye(n, n, { dtype }).realize(),
  ]
  return {
    inputFactor: zero(layer.width),
    outputFactor: zero(layer.height),
    inputInverse: one(layer.width),
    outputInverse: one(layer.height),
  }
}

/** The gradients of weight and bias as one matrix, a row for each output. */
function joined(layer: RecordedLayer, weight: Tensor, bias: Tensor | null): Tensor {
  const { height } = layer
  const matrix = reshape(weight, [height, weight.numel() / height])
  if (layer.bias === null) return matrix
  return cat(
    [matrix, bias === null ? zeros([height, 1], { dtype: weight.dtype }) : reshape(bias, [height, 1])],
    1,
  )
}

/** (A + π·√λ·I)⁻¹ and (G + √λ/π·I)⁻¹. */
function dampedInverses(inputs: Tensor, outputs: Tensor, damping: Tensor): [inputs: Tensor, outputs: Tensor] {
  const perDimension = (factor: Tensor): Tensor =>
    clamp(div(traceOf(factor), factor.shape[0]!), { min: 1e-30 })
  const pi = sqrt(div(perDimension(inputs), perDimension(outputs)))
  const inverse = (factor: Tensor, shift: Tensor): Tensor => {
    const n = factor.shape[0]!
    return linalg.inv(add(factor, mul(eye(n, n, { dtype: factor.dtype }), shift)))
  }
  return [inverse(inputs, mul(pi, damping)), inverse(outputs, div(damping, pi))]
}

export function kfac(model: HookedModel, options: KFACOptions = {}): KFAC {
  return new KFAC(model, options)
}
