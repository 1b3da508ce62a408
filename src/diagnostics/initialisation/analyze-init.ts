import type { Module } from "../../nn/index.ts"
import { init } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { randn, withValues } from "../../tensor/index.ts"
import type { DepthSlope } from "../backward/slope.ts"
import { activationSlope, gradientSlope } from "../backward/slope.ts"
import type { LayerObservation, Observation } from "../instrument/observation.ts"
import { instrument } from "../instrument/probe.ts"
import type { UnitSymmetry } from "./symmetry.ts"
import { unitSymmetry } from "./symmetry.ts"

/** Laws of initialisation: the variance that a weight gets. */
export type SchemeName = "xavier" | "xavierSimplified" | "he"

/** The weight of one layer against the laws. */
export interface WeightAnalysis {
  readonly path: string
  readonly fanIn: number
  readonly fanOut: number
  readonly std: number
  readonly mean: number
  /** std·√fanIn: how much the layer stretches independent inputs; 1 keeps, √2 makes up for ReLU. */
  readonly forwardGain: number
  /** std·√fanOut: the same for gradients on the way back. */
  readonly backwardGain: number
  /** std over that of each law: xavier √(2/(fanIn + fanOut)), xavierSimplified √(1/fanIn), he √(2/fanIn). */
  readonly ratios: Readonly<Record<SchemeName, number>>
  /** The law within 15 % of whose deviation the weight lies, the nearest one; null for none. */
  readonly scheme: SchemeName | null
}

export type InitProblem =
  | "symmetric"
  | "activations vanish"
  | "activations explode"
  | "gradients vanish"
  | "gradients explode"
  | "saturated"

export interface InitAnalysis {
  readonly weights: readonly WeightAnalysis[]
  /** In forward order, as a probe of tier "default" sees them. */
  readonly layers: readonly LayerObservation[]
  /** Deviation of the layers' outputs over depth. */
  readonly forward: DepthSlope
  /** Root mean square of d(loss)/d(output) of the layers over depth; a factor above 1 vanishes on the way back. */
  readonly backward: DepthSlope
  readonly symmetry: readonly UnitSymmetry[]
  readonly problems: readonly InitProblem[]
  /** What to do about them, as code; null when nothing is wrong. */
  readonly suggestion: string | null
}

export interface InitOptions {
  /** What is differentiated. Default: Σ output·r with r of normal random numbers, a gradient without preference. */
  readonly loss?: (output: Tensor) => Tensor
}

/** Change per layer beyond which ten layers change the size by more than 10 times. */
const STEADY = 1.26
const SATURATED = 0.5

/**
 * Whether a model begins well: the variance of activations forward and of gradients backward by depth, each weight
 * against the laws of the schemes (Glorot & Bengio 2010; He et al. 2015, arXiv:1502.01852), identical units, and what to
 * do. One pass forward and backward on a batch; parameters, gradients and running statistics are left as they were.
 *
 * @param x a batch of inputs
 * @param options loss: from the output to a scalar
 *
 * @example
 * const { problems, suggestion } = await analyzeInit(model, x)
 */
export async function analyzeInit(
  model: Module<readonly [Tensor], Tensor>,
  x: Tensor,
  { loss }: InitOptions = {},
): Promise<InitAnalysis> {
  const [weights, symmetry] = await Promise.all([weightsOf(model), unitSymmetry(model)])
  const observation = await onePass(model, x, loss)
  const forward = activationSlope(observation)
  const backward = gradientSlope(observation)
  const problems = problemsOf(observation, forward, backward, symmetry, weights.at(-1)?.path)
  const { layers } = observation
  return { weights, layers, forward, backward, symmetry, problems, suggestion: suggest(layers, problems) }
}

/** The observation of one pass in training mode. */
async function onePass(
  model: Module<readonly [Tensor], Tensor>,
  x: Tensor,
  loss: InitOptions["loss"],
): Promise<Observation> {
  const modes = model.modules().map((module) => ({ module, training: module.training }))
  const gradients = model.parameters().map((parameter) => ({ parameter, grad: parameter.grad }))
  const buffers = model.buffers()
  const probe = instrument(model, { every: 1 })
  model.train()
  try {
    withValues(buffers, buffers, () => {
      const output = model.forward(x)
      const value = loss?.(output) ?? output.mul(randn(output.shape).to(output.dtype)).sum()
      value.backward()
    })
    return (await probe.after())!
  } finally {
    probe.detach()
    for (const { module, training } of modes) module.training = training
    for (const { parameter, grad } of gradients) parameter.grad = grad
  }
}

async function weightsOf(model: Module<readonly [Tensor], Tensor>): Promise<WeightAnalysis[]> {
  const weights = model.namedParameters().filter(([path, { ndim }]) => ndim >= 2 && /weight[^.]*$/.test(path))
  return Promise.all(
    weights.map(async ([path, weight]) => {
      const [fanIn, fanOut] = init.calculateFanInAndFanOut(weight)
      const values = Array.from(await weight.data())
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length
      const std = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)
      const laws = { xavier: 2 / (fanIn + fanOut), xavierSimplified: 1 / fanIn, he: 2 / fanIn }
      const ratios = Object.fromEntries(
        Object.entries(laws).map(([name, variance]) => [name, std / Math.sqrt(variance)]),
      ) as Record<SchemeName, number>
      return {
        ...{ path, fanIn, fanOut, std, mean, ratios, scheme: nearest(ratios) },
        forwardGain: std * Math.sqrt(fanIn),
        backwardGain: std * Math.sqrt(fanOut),
      }
    }),
  )
}

function nearest(ratios: Readonly<Record<SchemeName, number>>): SchemeName | null {
  const off = (name: SchemeName): number => Math.abs(Math.log(ratios[name]))
  const [best] = (["xavier", "xavierSimplified", "he"] as const).toSorted((a, b) => off(a) - off(b))
  return off(best!) <= Math.log(1.15) ? best! : null
}

function problemsOf(
  { layers }: Observation,
  forward: DepthSlope,
  backward: DepthSlope,
  symmetry: readonly UnitSymmetry[],
  last: string | undefined,
): InitProblem[] {
  const problems: InitProblem[] = []
  // Copies among the outputs are told apart by the targets.
  if (symmetry.some(({ path, distinct }) => distinct === 1 && path !== last)) problems.push("symmetric")
  if (forward.factor < 1 / STEADY) problems.push("activations vanish")
  if (forward.factor > STEADY) problems.push("activations explode")
  if (backward.factor > STEADY) problems.push("gradients vanish")
  if (backward.factor < 1 / STEADY) problems.push("gradients explode")
  // Half of the arguments of a rectifier are on its flat side, as they should be.
  const twoSided = layers.filter(({ type }) => /^(tanh|sigmoid|hardtanh|hardsigmoid|softsign)$/i.test(type))
  if (twoSided.some(({ saturated = 0 }) => saturated > SATURATED)) problems.push("saturated")
  return problems
}

function suggest(layers: readonly LayerObservation[], problems: readonly InitProblem[]): string | null {
  if (problems.length === 0) return null
  const used = layers.filter(({ kind }) => kind === "activation").map(({ type }) => type)
  if (used.includes("sigmoid"))
    return 'nn.init.initialize(model, "xavierNormal"), and tanh or ReLU instead of sigmoid'
  if (used.includes("selu")) return 'nn.init.initialize(model, "lecunNormal")'
  const rectifier = used.some((type) => /relu|elu|gelu|silu|mish|swish/i.test(type))
  return `nn.init.initialize(model, "${rectifier ? "heNormal" : "xavierNormal"}")`
}
