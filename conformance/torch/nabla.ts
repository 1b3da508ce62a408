/**
 * nabla as the runner sees it: looked up by name, since which function a case calls is known only at run time, and
 * since a function that is missing must fail that case and no other.
 */
import * as entry from "../../src/node.ts"

/** What the runner reads of a tensor. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly dtype: string
  dataSync(): ArrayLike<number | boolean>
  itemSync(): number | boolean
}

export interface TensorOptions {
  shape: readonly number[]
  dtype: string
  requiresGrad?: boolean
}

export type FloatType = "float32" | "float64"
export type Tensors = Tensor[]
type Results = (...inputs: Tensor[]) => Tensor | Tensors

/** The functions that the runner itself calls, with the types that it relies on. */
export interface NablaApi {
  tensor(data: ArrayLike<number>, options: TensorOptions): Tensor
  setDefaultDevice(name: string): void
  vjp(f: Results, ...primals: Tensors): [Tensor | Tensors, (cotangent: Tensor | Tensors) => Tensors]
  jvp(f: Results, primals: Tensors, tangents: Tensors): [Tensor | Tensors, Tensor | Tensors]
  hvp(f: (...inputs: Tensors) => Tensor, primals: Tensors, tangents: Tensors): Tensors
  grad(
    f: (...inputs: Tensors) => Tensor,
    options?: { argnums?: number | number[] },
  ): (...inputs: Tensors) => Tensor
  jacobian(f: (...inputs: Tensors) => Tensor, options: { argnums: number[] }): (...inputs: Tensors) => Tensors
  hessian(
    f: (...inputs: Tensors) => Tensor,
    options: { argnums: number[] },
  ): (...inputs: Tensors) => Tensor[][]
  vmap(
    f: (...inputs: Tensors) => Tensor,
    options?: { inDims?: (number | null)[] },
  ): (...inputs: Tensors) => Tensor
}

export const nabla = new Proxy({} as NablaApi, {
  get(_, name) {
    const found = lookUp(String(name))
    if (found === undefined) throw new MissingFunction(String(name))
    return found
  },
})

/** The value at a dotted path of nabla's public entry, or undefined. */
export function lookUp(path: string): unknown {
  let found: unknown = entry
  for (const name of path.split(".")) {
    if (found === null || (typeof found !== "object" && typeof found !== "function")) return undefined
    found = Reflect.get(found, name)
  }
  return found
}

export function isTensor(value: unknown): value is Tensor {
  const type = lookUp("Tensor")
  return typeof type === "function" && value instanceof type
}

/** Calls a function of nabla that must exist, by name. */
export function callNabla(name: string, ...args: unknown[]): Tensor {
  const found = lookUp(name)
  if (typeof found !== "function") throw new MissingFunction(name)
  return found(...args)
}

export class MissingFunction extends Error {
  constructor(name: string) {
    super(`nabla has no ${name}`)
    this.name = "MissingFunction"
  }
}
