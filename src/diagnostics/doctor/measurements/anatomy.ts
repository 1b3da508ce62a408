import { isFloating } from "../../../base/index.ts"
import type { AnyModule, Module } from "../../../nn/index.ts"
import { init } from "../../../nn/index.ts"
import { mean, noGrad, Tensor, watchActivations } from "../../../tensor/index.ts"

/** A module with a weight of at least two dimensions, as one forward pass called it. */
export interface WeightLayer {
  readonly path: string
  readonly type: string
  readonly fanIn: number
  readonly fanOut: number
  /** Deviation of the weight times √fanIn: how much it stretches independent inputs. */
  readonly gain: number
  /** Deviation over the examples of what goes in, per feature, root mean square of all: what tells examples apart. */
  readonly signal: number
  /** Root mean square of what goes in. */
  readonly input: number
  /** The layer whose output this one takes with nothing in between that is not affine. */
  readonly chained: string | null
  /** The activation function that its output goes into. */
  readonly activation: string | null
  /** Whether a normalisation stands between it and what comes next. */
  readonly normalised: boolean
  /** Features of what goes in and comes out. */
  readonly widths: readonly [number, number]
}

/** How a model is built, as a forward pass shows it. */
export interface Anatomy {
  readonly layers: readonly WeightLayer[]
  /** Names of the activation functions that were called, in their order. */
  readonly activations: readonly string[]
  /** The function whose value the model's output is, null when that is a layer's output. */
  readonly outputActivation: string | null
  /** What the first layer with weights takes, if it is numbers; null behind an embedding or a normalisation. */
  readonly features: Tensor | null
  /** What stands before everything else and brings the features to size, such as a batch norm. */
  readonly normalisedBy: string | null
}

/** Modules that leave an affine function affine. */
const AFFINE =
  /^(Dropout|AlphaDropout|Flatten|Unflatten|Identity|BatchNorm|SyncBatchNorm|AvgPool|AdaptiveAvgPool)/
const NORM = /^(Sync)?(Batch|Layer|Group|Instance|RMS)(Norm|Renorm)/

interface Draft {
  path: string
  module: AnyModule
  input: Tensor
  chained: number
  activation: string | null
  normalised: boolean
  widths: [number, number]
}

/** Where a tensor comes from: the layer with weights behind which only affine things were done. */
type Origin = { readonly layer: number; readonly normalised: boolean }

/** One forward pass in training mode without gradients, watched. Buffers are put back by the caller. */
export async function anatomy(model: Module<readonly [Tensor], Tensor>, x: Tensor): Promise<Anatomy> {
  const origins = new Map<Tensor, Origin>()
  const drafts: Draft[] = []
  const activations: { name: string; output: Tensor }[] = []
  let normalisedBy: string | null = null
  let embedded = false
  const handles: { remove(): void }[] = [
    watchActivations(({ name, input, output }) => {
      activations.push({ name, output })
      const origin = origins.get(input)
      if (origin === undefined) return
      const draft = drafts[origin.layer]!
      draft.activation ??= name
      draft.normalised ||= origin.normalised
    }),
  ]
  for (const [path, module] of model.namedModules())
    handles.push(
      module.registerForwardHook((_, [input], output) => {
        const from = tensorOf(input)
        const to = tensorOf(output)
        if (from === null || to === null) return
        const { name } = module.constructor
        const origin = origins.get(from)
        if (weightOf(module) !== null) {
          embedded ||= drafts.length === 0 && !isFloating(from.dtype)
          const chained = origin?.layer ?? -1
          const widths: [number, number] = [widthOf(from), widthOf(to)]
          drafts.push({ path, module, input: from, chained, activation: null, normalised: false, widths })
          origins.set(to, { layer: drafts.length - 1, normalised: false })
        } else if (NORM.test(name) && origin === undefined && drafts.length === 0)
          normalisedBy ??= path || name
        if (origin === undefined || module.children().length > 0) return
        if (AFFINE.test(name) || NORM.test(name)) {
          const norm = NORM.test(name)
          if (norm) drafts[origin.layer]!.normalised = true
          // A layer norm divides by a size that the example has: what follows it is no affine function.
          if (AFFINE.test(name))
            origins.set(to, { layer: origin.layer, normalised: origin.normalised || norm })
        }
      }),
    )
  let output: Tensor
  model.train()
  try {
    output = noGrad(() => model.forward(x))
  } finally {
    for (const handle of handles) handle.remove()
  }
  const layers = await Promise.all(drafts.map((draft) => described(draft, drafts)))
  const first = drafts[0]?.input
  return {
    layers,
    activations: activations.map(({ name }) => name),
    outputActivation: activations.findLast((call) => call.output === output)?.name ?? null,
    features: first === undefined || embedded || normalisedBy !== null ? null : first,
    normalisedBy,
  }
}

async function described(draft: Draft, drafts: readonly Draft[]): Promise<WeightLayer> {
  const { path, module, input, chained, activation, normalised, widths } = draft
  const weight = weightOf(module)!
  const [fanIn, fanOut] = init.calculateFanInAndFanOut(weight)
  const { signal, rms } = await signalOf(input)
  const values = noGrad(() => weight.detach())
  const deviation = Number(await values.sub(values.mean()).square().mean().sqrt().item())
  return {
    ...{ path, type: module.constructor.name, fanIn, fanOut, signal, activation, normalised, widths },
    gain: deviation * Math.sqrt(fanIn),
    input: rms,
    chained: chained < 0 ? null : drafts[chained]!.path,
  }
}

/** How far examples are apart, in units of the tensor. */
async function signalOf(x: Tensor): Promise<{ signal: number; rms: number }> {
  if (!isFloating(x.dtype) || x.ndim === 0) return { signal: NaN, rms: NaN }
  const [variance, square] = noGrad(() => {
    const flat = x.detach().reshape([x.shape[0]!, -1])
    const apart = flat.sub(mean(flat, [0], { keepdim: true }))
    return [apart.square().mean(), flat.square().mean()]
  })
  const [v, s] = await Promise.all([variance!.item(), square!.item()])
  return { signal: Math.sqrt(Number(v)), rms: Math.sqrt(Number(s)) }
}

/** The module's own weight; embeddings look up instead of multiplying. */
function weightOf(module: AnyModule): Tensor | null {
  if (/Embedding/.test(module.constructor.name)) return null
  const own = module.namedParameters().filter(([name]) => !name.includes("."))
  return own.find(([name, { ndim }]) => ndim >= 2 && /^weight/.test(name))?.[1] ?? null
}

function widthOf(x: Tensor): number {
  return x.ndim === 4 ? x.shape[1]! : (x.shape.at(-1) ?? 1)
}

function tensorOf(value: unknown): Tensor | null {
  const first = Array.isArray(value) ? value[0] : value
  return first instanceof Tensor ? first : null
}
