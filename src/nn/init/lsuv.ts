import { NablaError } from "../../base/index.ts"
import { noGrad, Tensor } from "../../tensor/index.ts"
import { assign } from "../assign.ts"
import type { AnyModule, HookHandle, Module } from "../module.ts"
import { Parameter } from "../parameter.ts"
import { zeros_ } from "./constants.ts"
import type { InitOptions } from "./distributions.ts"
import { onlyGenerator } from "./distributions.ts"
import { orthogonal_ } from "./matrices.ts"

export interface LsuvOptions extends InitOptions {
  /** How far a layer's variance may be from 1. Default: 0.1. */
  readonly tolerance?: number
  /** How often a layer is scaled at most. Default: 10. */
  readonly maxIterations?: number
  /** Whether weights are made orthogonal, and biases 0, first. Default: true. */
  readonly orthogonal?: boolean
}

/** A layer with a weight, in the order in which a forward pass reaches it. */
interface Reached {
  readonly layer: AnyModule
  readonly weight: Parameter
}

/**
 * Layer-sequential unit variance: weights become orthogonal and biases 0, and then, from the first layer to the last, each is scaled
 * until the outputs of its layer for a batch of data have variance 1. It needs no formula for the non-linearities, only
 * data. A layer counts if it has a field `weight` of at least 2 dimensions.
 *
 * It reads values as it goes, so it is asynchronous, and runs the model about three times for each layer.
 *
 * Paper: Mishkin & Matas 2015, All you need is a good init, arXiv:1511.06422v7.
 *
 * @param args the arguments of the model's forward: a batch of data
 * @returns the variance of each layer's outputs, in the order of the forward pass
 * @throws NABLA_NON_FINITE when the outputs of a layer are all equal, infinite or NaN
 *
 * @example await nn.init.lsuv_(model, [images])
 */
export async function lsuv_<Args extends readonly unknown[]>(
  model: Module<Args, unknown>,
  args: Args,
  options: LsuvOptions = {},
): Promise<number[]> {
  const { tolerance = 0.1, maxIterations = 10, orthogonal = true, ...rest } = options
  const layers = reachedLayers(model, args)
  for (const { layer, weight } of orthogonal ? layers : []) {
    orthogonal_(weight, onlyGenerator(rest))
    const { bias } = layer as { bias?: unknown }
    if (bias instanceof Parameter) zeros_(bias)
  }
  const variances: number[] = []
  for (const reached of layers) {
    let variance = await outputVariance(model, args, reached)
    for (let i = 0; i < maxIterations && Math.abs(variance - 1) > tolerance; i++) {
      noGrad(() => assign(reached.weight, reached.weight.div(Math.sqrt(variance))))
      variance = await outputVariance(model, args, reached)
    }
    variances.push(variance)
  }
  return variances
}

function reachedLayers<Args extends readonly unknown[]>(model: Module<Args, unknown>, args: Args): Reached[] {
  const order = new Map<AnyModule, Reached>()
  const handles: HookHandle[] = []
  for (const layer of model.modules()) {
    const weight = (layer as { weight?: unknown }).weight
    if (!(weight instanceof Parameter) || weight.ndim < 2) continue
    handles.push(layer.registerForwardHook(() => void order.set(layer, { layer, weight })))
  }
  try {
    noGrad(() => model.forward(...args))
  } finally {
    for (const handle of handles) handle.remove()
  }
  return [...order.values()]
}

async function outputVariance<Args extends readonly unknown[]>(
  model: Module<Args, unknown>,
  args: Args,
  { layer }: Reached,
): Promise<number> {
  let output: Tensor | null = null
  const handle = layer.registerForwardHook((_, __, result) => {
    if (result instanceof Tensor) output ??= result
  })
  try {
    noGrad(() => model.forward(...args))
  } finally {
    handle.remove()
  }
  const variance = Number(await noGrad(() => output!.var(null, { correction: 0 })).item())
  if (variance > 0 && Number.isFinite(variance)) return variance
  throw new NablaError("NABLA_NON_FINITE", {
    message: "the outputs of a layer cannot be scaled to variance 1",
    where: `lsuv_ › ${model.namedModules().find(([, module]) => module === layer)![0]}`,
    expected: "a finite variance > 0",
    got: String(variance),
    hint: "check the batch, and that no layer before is 0",
  })
}
