import type { Tensor } from "../../tensor/index.ts"
import {
  cat,
  matmul,
  mul,
  noGrad,
  ones,
  pad,
  permute,
  reshape,
  transpose,
  unfold,
  unsqueeze,
} from "../../tensor/index.ts"

/** What K-FAC asks of a layer: those of nabla/nn have it. */
export interface HookedLayer {
  readonly weight: Tensor
  readonly bias?: Tensor | null
  registerForwardHook(hook: (layer: never, args: readonly unknown[], output: unknown) => void): {
    remove(): void
  }
}

/** What K-FAC asks of a model. */
export interface HookedModel {
  modules(): Iterable<object>
  parameters(): Iterable<Tensor>
}

/** The statistics of a pass: sums over examples of āāᵀ and of ggᵀ, as means over the batch. */
export interface Statistics {
  readonly inputs: Tensor
  readonly outputs: Tensor
}

type Spatial = number | readonly number[]

interface ConvolutionOptions {
  readonly stride?: Spatial
  readonly padding?: Spatial | string
  readonly dilation?: Spatial
  readonly groups?: number
}

/** A dense layer or a convolution whose inputs and slopes are written down as it runs. */
export class RecordedLayer {
  readonly weight: Tensor
  readonly bias: Tensor | null
  private passes: { readonly input: Tensor; slope: Tensor | null }[] = []
  private readonly layer: HookedLayer
  private readonly handle: { remove(): void }

  constructor(layer: HookedLayer, isOn: () => boolean) {
    this.layer = layer
    this.weight = layer.weight
    this.bias = layer.bias ?? null
    this.handle = layer.registerForwardHook((_, [input], output) => {
      if (!isOn() || !(output as Tensor).node.tracked) return
      const pass = { input: (input as Tensor).detach(), slope: null as Tensor | null }
      this.passes.push(pass)
      ;(output as Tensor).registerHook((slope: Tensor) => {
        pass.slope = slope
        return undefined
      })
    })
  }

  /** The layer with its statistics, or null when K-FAC has no rule for it. */
  static of(module: object, isOn: () => boolean): RecordedLayer | null {
    const layer = module as Partial<HookedLayer>
    if (layer.weight === undefined || typeof layer.registerForwardHook !== "function") return null
    const dense = layer.weight.ndim === 2 && "inFeatures" in module
    const convolution = layer.weight.ndim === 4 && "inChannels" in module && "kernelSize" in module
    const simple = (optionsOf(module).groups ?? 1) === 1
    const zeros = ((module as { paddingMode?: string }).paddingMode ?? "zeros") === "zeros"
    const transposed = /transpose/i.test(module.constructor.name)
    if (!dense && !(convolution && simple && zeros && !transposed)) return null
    return new RecordedLayer(layer as HookedLayer, isOn)
  }

  /** Takes the hook off. */
  detach(): void {
    this.handle.remove()
    this.passes = []
  }

  /** Columns of the factor of the inputs: the weight's, and one for the bias. */
  get width(): number {
    return this.weight.numel() / this.height + (this.bias === null ? 0 : 1)
  }

  get height(): number {
    return this.weight.shape[0]!
  }

  /** Forgets the passes written down and gives their statistics; null when there was none. */
  take(): Statistics | null {
    const complete = this.passes.filter(({ slope }) => slope !== null)
    this.passes = []
    if (complete.length === 0) return null
    return noGrad(() => {
      const parts = complete.map(({ input, slope }) =>
        this.weight.ndim === 2 ? denseStatistics(input, slope!, this) : this.convolved(input, slope!),
      )
      return parts.reduce((a, b) => ({ inputs: a.inputs.add(b.inputs), outputs: a.outputs.add(b.outputs) }))
    })
  }

  private convolved(input: Tensor, slope: Tensor): Statistics {
    if (input.ndim === 3) return this.convolved(unsqueeze(input, 0), unsqueeze(slope, 0))
    const { stride = 1, padding = 0, dilation = 1 } = optionsOf(this.layer)
    const kernel = this.weight.shape.slice(2)
    const examples = input.shape[0]!
    const [image, rim] = padding === "same" ? [sameSize(input, kernel, dilation), 0] : [input, padding]
    const patches = unfold(image, kernel, {
      stride,
      padding: rim === "valid" ? 0 : (rim as Spatial),
      dilation,
    })
    const places = patches.shape[2]!
    const rows = reshape(permute(patches, [0, 2, 1]), [examples * places, patches.shape[1]!])
    const slopes = reshape(permute(slope, [0, 2, 3, 1]), [examples * places, this.height])
    const extended = withOnes(rows, this.bias !== null)
    return {
      inputs: mul(gram(extended), 1 / examples),
      outputs: mul(gram(slopes), examples / places),
    }
  }
}

/** The image with as much around it that a stride of 1 keeps its size; the odd element is below and to the right. */
function sameSize(input: Tensor, kernel: readonly number[], dilation: Spatial): Tensor {
  const margins = kernel.flatMap((size, dim) => {
    const total = (typeof dilation === "number" ? dilation : dilation[dim]!) * (size - 1)
    return [[Math.floor(total / 2), Math.ceil(total / 2)]]
  })
  return pad(input, margins.reverse().flat())
}

function optionsOf(module: object): ConvolutionOptions {
  return ((module as { options?: ConvolutionOptions }).options ?? module) as ConvolutionOptions
}

function denseStatistics(input: Tensor, slope: Tensor, { bias }: RecordedLayer): Statistics {
  const examples = input.numel() / input.shape.at(-1)!
  const rows = withOnes(reshape(input, [examples, input.shape.at(-1)!]), bias !== null)
  const slopes = reshape(slope, [examples, slope.shape.at(-1)!])
  // The loss is a mean: the slope of one example's loss is `examples` times what arrives here.
  return { inputs: mul(gram(rows), 1 / examples), outputs: mul(gram(slopes), examples) }
}

function withOnes(rows: Tensor, on: boolean): Tensor {
  return on ? cat([rows, ones([rows.shape[0]!, 1], { dtype: rows.dtype })], 1) : rows
}

function gram(rows: Tensor): Tensor {
  return matmul(transpose(rows, 0, 1), rows)
}
