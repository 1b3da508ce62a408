import { NablaError } from "../base/index.ts"
import { add, amax, clamp, div, mul, noGrad, stack, sum, Tensor, zeros } from "../tensor/index.ts"

export interface ClipNormOptions {
  /** p of the p-norm, > 0; Infinity for the largest absolute value. Default: 2. */
  readonly normType?: number
  /** Whether a norm that is not finite is an error; reads the norm, so that a captured step cannot. Default: false. */
  readonly errorIfNonfinite?: boolean
}

/**
 * Scales the gradients of all parameters by one factor, so that their norm, taken together, is no larger than maxNorm:
 * g = g·min(1, maxNorm/(|g| + 1e-6)) (Pascanu et al., arXiv:1211.5063v2). Parameters without a gradient are passed
 * over.
 *
 * @returns the norm before, a 0-d tensor
 * @throws NABLA_INVALID_ARGUMENT for a bound or a normType out of range, or with errorIfNonfinite a norm that is not
 *   finite
 *
 * @example
 * loss.backward()
 * optim.clipGradNorm_(model.parameters(), 1)
 * optimizer.step()
 */
export function clipGradNorm_(
  params: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: ClipNormOptions = {},
): Tensor {
  const { normType = 2, errorIfNonfinite = false } = options
  requireBound("clipGradNorm_", "maxNorm", maxNorm)
  if (!(normType > 0)) throw invalid("clipGradNorm_", "normType", "a number > 0, or Infinity", normType)
  const owners = withGradients("clipGradNorm_", params)
  return noGrad(() => {
    if (owners.length === 0) return zeros([])
    const norm = totalNorm(
      owners.map(({ grad }) => grad!),
      normType,
    )
    if (errorIfNonfinite) requireFinite(norm)
    const factor = clamp(div(maxNorm, add(norm, 1e-6)), { max: 1 })
    for (const owner of owners) owner.grad = mul(owner.grad!, factor).to(owner.dtype)
    return norm
  })
}

/**
 * Holds every entry of every gradient between −clipValue and clipValue. Parameters without a gradient are passed over.
 *
 * @throws NABLA_INVALID_ARGUMENT for a bound that is no number ≥ 0
 *
 * @example optim.clipGradValue_(model.parameters(), 0.5)
 */
export function clipGradValue_(params: Tensor | Iterable<Tensor>, clipValue: number): void {
  requireBound("clipGradValue_", "clipValue", clipValue)
  const owners = withGradients("clipGradValue_", params)
  noGrad(() => {
    for (const owner of owners) owner.grad = clamp(owner.grad!, { min: -clipValue, max: clipValue })
  })
}

function totalNorm(gradients: readonly Tensor[], p: number): Tensor {
  if (p === Infinity) return amax(stack(gradients.map((g) => amax(g.abs()))))
  const powers = gradients.map((g) => (p === 2 ? sum(mul(g, g)) : sum(g.abs().pow(p))))
  const total = powers.reduce((all, power) => add(all, power))
  return p === 2 ? total.sqrt() : total.pow(1 / p)
}

function requireFinite(norm: Tensor): void {
  if (Number.isFinite(norm.itemSync())) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the norm of the gradients is not finite, so that they cannot be scaled",
    where: "clipGradNorm_",
    expected: "finite gradients",
    got: `a norm of ${norm.itemSync()}`,
    hint: "lower the learning rate, or leave errorIfNonfinite away to go on all the same",
  })
}

function withGradients(where: string, params: Tensor | Iterable<Tensor>): Tensor[] {
  const list = params instanceof Tensor ? [params] : params
  if (typeof list?.[Symbol.iterator] !== "function")
    throw invalid(where, "params", "a tensor, or a list of tensors such as model.parameters()", list)
  const all = [...list]
  const odd = all.findIndex((param) => !(param instanceof Tensor))
  if (odd >= 0) throw invalid(where, `params[${odd}]`, "a tensor", all[odd])
  return all.filter(({ grad }) => grad !== null)
}

function requireBound(where: string, name: string, value: number): void {
  if (!(value >= 0)) throw invalid(where, name, "a number ≥ 0", value)
}

function invalid(where: string, name: string, expected: string, got: unknown): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} cannot be this`,
    where,
    expected,
    got: typeof got === "object" ? "an object" : String(got),
  })
}
