import type { SymmetricOperator } from "nabla/diagnostics"

/**
 * The Hessian after each parameter was multiplied by a factor that leaves the function as it is, from the one before:
 * L(T·θ) = L(θ) for all θ gives H(T·θ) = T⁻¹·H(θ)·T⁻¹.
 */
export function rescaledHessian(hessian: SymmetricOperator, factors: Float64Array): SymmetricOperator {
  const divided = (v: Float64Array): Float64Array => v.map((x, i) => x / factors[i]!)
  return {
    name: "rescaled Hessian",
    size: hessian.size,
    product: async (v) => divided(await hessian.product(divided(v))),
    products: async (vectors) => (await hessian.products(vectors.map(divided))).map(divided),
  }
}

/** Factors of the sweep. */
export const ALPHAS = Array.from({ length: 17 }, (_, i) => 10 ** ((i - 8) / 8))
