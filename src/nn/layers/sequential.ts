import type { Tensor } from "../../tensor/index.ts"
import { Module } from "../module.ts"

/**
 * Modules one after another: the output of each is the input of the next.
 *
 * f(x) = fₖ(… f₂(f₁(x)))
 *
 * Its parts are named by their numbers, as in PyTorch: `0.weight`, `2.bias`.
 *
 * @example
 * const model = nn.sequential(nn.linear(2, 16), nn.tanh(), nn.linear(16, 2))
 * model.forward(randn([8, 2])).shape // [8, 2]
 */
export class Sequential extends Module implements Iterable<Module> {
  readonly layers: readonly Module[]

  constructor(...layers: readonly Module[]) {
    super()
    this.layers = layers
  }

  override forward(input: Tensor): Tensor {
    let x = input
    for (const layer of this.layers) x = layer.forward(x)
    return x
  }

  protected override members(): Iterable<readonly [string, unknown]> {
    return this.layers.map((layer, i) => [String(i), layer] as const)
  }

  get length(): number {
    return this.layers.length
  }

  /** The layer at a place; negative places count from the end. */
  at(index: number): Module | undefined {
    return this.layers.at(index)
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.layers[Symbol.iterator]()
  }
}

export function sequential(...layers: readonly Module[]): Sequential {
  return new Sequential(...layers)
}
