import type { Tensor } from "../../tensor/index.ts"
import { add, cat, eye, gradientsOf, mul, reshape, sum, vmap } from "../../tensor/index.ts"

/** Tensors as one vector. */
export function flattened(tensors: readonly Tensor[]): Tensor {
  return cat(tensors.map((t) => reshape(t, [t.numel()])))
}

/** The Jacobian [m, n] of a vector of m elements with respect to all n entries of parameters, a row for each element. */
export function jacobianOf(output: Tensor, params: readonly Tensor[]): Tensor {
  const m = output.numel()
  const row = (cotangent: Tensor): Tensor => flattened(gradientsOf(output, params, cotangent))
  return vmap(row)(eye(m, m, { dtype: output.dtype })) as Tensor
}

/** The product of the Hessian with a vector that is given in parts: the gradient of ⟨∇L, v⟩ (Pearlmutter 1994). */
export function hessianProduct(
  slopes: readonly Tensor[],
  params: readonly Tensor[],
  parts: readonly Tensor[],
): Tensor[] {
  const along = slopes.map((g, i) => sum(mul(g, parts[i]!))).reduce((total, part) => add(total, part))
  return gradientsOf(along, params)
}
