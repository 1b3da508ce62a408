import { NablaError } from "../../base/index.ts"
import { tensor } from "../creation.ts"
import type { Tensor } from "../tensor.ts"
import { flattenTree } from "../tree.ts"
import { vjp } from "./derivatives.ts"
import type { AnyFunction } from "./trace.ts"

export interface GradcheckOptions {
  /** Step of the central differences. */
  readonly eps?: number
  readonly atol?: number
  readonly rtol?: number
}

/**
 * Holds the derivatives of f against central differences, (f(x + ε) − f(x − ε))/2ε, element by element. Inputs must be
 * float64: single precision cannot tell a wrong derivative from rounding.
 *
 * @throws NABLA_NOT_DIFFERENTIABLE at the first derivative that differs, with both values
 */
export function gradcheck(f: AnyFunction, inputs: readonly Tensor[], options: GradcheckOptions = {}): true {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options
  for (const [i, input] of inputs.entries()) {
    if (input.dtype !== "float64") {
      throw new NablaError("NABLA_INVALID_DTYPE", {
        message: "gradcheck needs double precision",
        where: `gradcheck, input ${i}`,
        expected: "float64",
        got: input.dtype,
      })
    }
  }
  const { leaves: outputs } = flattenTree(f(...inputs))
  for (const o of outputs.keys()) {
    const output = (...args: unknown[]): Tensor => flattenTree(f(...args)).leaves[o]!
    checkOutput(output, inputs, { eps, atol, rtol }, o)
  }
  return true
}

function checkOutput(
  f: AnyFunction,
  inputs: readonly Tensor[],
  { eps, atol, rtol }: Required<GradcheckOptions>,
  o: number,
): void {
  const [value, pull] = vjp(f, ...inputs) as [Tensor, (ct: Tensor) => Tensor[]]
  const weights = Float64Array.from({ length: value.numel() }, (_, i) => 1 + ((i * 7) % 5) / 4)
  const seed = tensor(weights, { shape: value.shape, dtype: "float64" })
  const analytic = pull(seed).map((part) => part.dataSync())
  const total = (args: readonly Tensor[]): number => {
    const data = (f(...args) as Tensor).dataSync()
    let sum = 0
    for (let k = 0; k < data.length; k++) sum += data[k]! * weights[k]!
    return sum
  }
  inputs.forEach((input, i) => {
    const base = input.dataSync()
    base.forEach((x, j) => {
      const at = (shift: number): number => {
        const moved = Float64Array.from(base)
        moved[j] = x + shift
        return total(
          inputs.map((other, k) =>
            k === i ? tensor(moved, { shape: input.shape, dtype: "float64" }) : other,
          ),
        )
      }
      const numeric = (at(eps) - at(-eps)) / (2 * eps)
      const found = analytic[i]![j]!
      if (Math.abs(found - numeric) <= atol + rtol * Math.abs(numeric)) return
      throw new NablaError("NABLA_NOT_DIFFERENTIABLE", {
        message: "a derivative differs from the finite difference",
        where: `gradcheck, output ${o}, input ${i}, element ${j}`,
        expected: `${numeric} ± ${atol + rtol * Math.abs(numeric)}`,
        got: String(found),
        hint: "check the rule of the function, or whether the point is a kink",
      })
    })
  })
}
