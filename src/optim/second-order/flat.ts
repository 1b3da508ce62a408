import type { Tensor } from "../../tensor/index.ts"
import { realize, tensor, update } from "../../tensor/index.ts"

/** A vector on the host. */
export type Vector = Float64Array

/** Parameters as one vector on the host, in their order. */
export class FlatParameters {
  readonly params: readonly Tensor[]
  readonly size: number

  constructor(params: readonly Tensor[]) {
    this.params = params
    this.size = params.reduce((n, param) => n + param.numel(), 0)
  }

  values(): Vector {
    return this.gather(this.params)
  }

  /** Entries of tensors of the parameters' shapes; null stands for zeros. All are computed in one go. */
  gather(tensors: readonly (Tensor | null)[]): Vector {
    realize(tensors.filter((t) => t !== null))
    const out = new Float64Array(this.size)
    let at = 0
    this.params.forEach((param, i) => {
      const t = tensors[i]
      if (t) out.set(t.dataSync(), at)
      at += param.numel()
    })
    return out
  }

  /** Gives the parameters other values. */
  assign(values: Vector): void {
    update(this.split(values).map((value, i) => ({ target: this.params[i]!, value })))
  }

  /** A vector as tensors of the parameters' shapes and types. */
  split(values: Vector): Tensor[] {
    let at = 0
    return this.params.map(({ shape, dtype }, i) => {
      const end = at + this.params[i]!.numel()
      const part = tensor(values.subarray(at, end), { shape, dtype })
      at = end
      return part
    })
  }
}

export function dot(a: Vector, b: Vector): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** a + factor·b */
export function plus(a: Vector, b: Vector, factor = 1): Vector {
  const out = new Float64Array(a.length)
  for (let i = 0; i < a.length; i++) out[i] = a[i]! + factor * b[i]!
  return out
}

/** factor·a */
export function times(a: Vector, factor: number): Vector {
  return a.map((x) => factor * x)
}

/** The largest absolute value. */
export function largest(a: Vector): number {
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]!))
  return most
}

/** The entries of a tensor, a matrix row by row. */
export function onHost(t: Tensor): Vector {
  return Float64Array.from(t.dataSync())
}

/** Q·diag(1/values)·Qᵀ·b, Q with the eigenvectors as columns; a share of b that is 0 stays 0. */
export function solveEigen(values: Vector, vectors: Vector, b: Vector): Vector {
  const n = values.length
  const out = new Float64Array(n)
  for (let k = 0; k < n; k++) {
    let share = 0
    for (let i = 0; i < n; i++) share += vectors[i * n + k]! * b[i]!
    if (share === 0) continue
    for (let i = 0; i < n; i++) out[i] = out[i]! + (vectors[i * n + k]! * share) / values[k]!
  }
  return out
}
