import { normalizeDim } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { div, dot, movedim, mv, noGrad, normalize, randn } from "../../tensor/index.ts"
import { changeState } from "../assign.ts"
import { checkCount, checkNames } from "../check.ts"
import type { AnyModule } from "../module.ts"
import { Buffer, Parameter } from "../parameter.ts"
import type { ParametrizationOptions } from "./parametrize.ts"
import { parameterOf, parametrize, unparametrize } from "./parametrize.ts"

export interface SpectralNormOptions extends ParametrizationOptions {
  /** Steps of the power iteration in each forward pass of training. Default: 1. */
  readonly nPowerIterations?: number
  /** Least length to divide by. Default: 1e-12. */
  readonly eps?: number
  /** Dimension of the outputs. Default: 0, and 1 for transposed convolutions. */
  readonly dim?: number
}

/**
 * Divides a weight by its largest singular value, so that the layer stretches nothing (Miyato et al. 2018,
 * arXiv:1802.05957v1).
 *
 * w = W/σ, σ = uᵀ·W·v, with W as a matrix [outputs, rest]
 *
 * u and v follow the leading singular vectors by a power iteration at each forward pass in training:
 * v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖. No derivative passes through them.
 *
 * The parameter `weight` gives way to `weight_orig`, and the buffers `weight_u` [outputs] and `weight_v` [rest] join it,
 * PyTorch's names; both are first drawn from N(0, 1) and scaled to length 1. Changes the module, and returns it.
 *
 * @param options name "weight", nPowerIterations 1, eps 1e-12, dim: that of the outputs
 * @throws NABLA_INVALID_ARGUMENT when the module has no such parameter
 *
 * @example Object.keys(nn.spectralNorm(nn.linear(3, 2)).stateDict()) // ["bias", "weight_orig", "weight_u", "weight_v"]
 */
export function spectralNorm<M extends AnyModule>(module: M, options: SpectralNormOptions = {}): M {
  checkNames("spectralNorm", options, ["name", "nPowerIterations", "eps", "dim"])
  const { name = "weight", nPowerIterations = 1, eps = 1e-12 } = options
  checkCount("spectralNorm", "nPowerIterations", nPowerIterations)
  const weight = parameterOf(module, name, "spectralNorm")
  const transposed = /^ConvTranspose\dd$/.test(module.constructor.name)
  const dim = normalizeDim(options.dim ?? (transposed ? 1 : 0), weight.ndim, "spectralNorm")
  const outputs = weight.shape[dim]!
  const matrix = (w: Tensor): Tensor => movedim(w, dim, 0).reshape([outputs, -1])
  const unit = (t: Tensor): Tensor => normalize(t, { dim: 0, eps })
  const start = (size: number): Buffer => new Buffer(unit(randn([size], { dtype: weight.dtype })))
  const part = (suffix: string): Tensor => Reflect.get(module, `${name}_${suffix}`) as Tensor

  const iterate = (): void => {
    if (!module.training) return
    noGrad(() => {
      const w = matrix(part("orig"))
      let [u, v] = [part("u"), part("v")]
      for (let i = 0; i < nPowerIterations; i++) {
        v = unit(mv(w.t(), u))
        u = unit(mv(w, v))
      }
      changeState([
        { target: part("u"), value: u },
        { target: part("v"), value: v },
      ])
    })
  }
  const hook = module.registerForwardPreHook(() => {
    iterate()
    return undefined
  })
  parametrize(module, name, {
    kind: "spectralNorm",
    parts: {
      orig: new Parameter(weight),
      u: start(outputs),
      v: start(weight.numel() / outputs),
    },
    compute: (of) => {
      // The vectors as they are now: a later step changes them, and not this one.
      const [u, v] = [of("u").detach(), of("v").detach()]
      return div(of("orig"), dot(u, mv(matrix(of("orig")), v)))
    },
    remove: () => hook.remove(),
  })
  return module
}

/** Makes the weight a plain parameter again, with the value that it has at present. */
export function removeSpectralNorm<M extends AnyModule>(module: M, options: ParametrizationOptions = {}): M {
  unparametrize(module, options.name ?? "weight", "spectralNorm")
  return module
}
