import { Tensor } from "../tensor/index.ts"

/**
 * A tensor that a module learns: `backward()` leaves a gradient in it, and the module that has it in one of its fields
 * counts it among its parameters. It stays a parameter when `requiresGrad` is switched off (frozen).
 */
export class Parameter extends Tensor {
  /** @param data its first value; its history is not kept */
  constructor(data: Tensor, options: { readonly requiresGrad?: boolean } = {}) {
    super(data.detach().node)
    this.requiresGrad = options.requiresGrad ?? true
  }
}

/** A tensor that belongs to a module's state without being learned, such as a running mean. */
export class Buffer extends Tensor {
  /** Whether it is part of the state dictionary. */
  readonly persistent: boolean

  constructor(data: Tensor, options: { readonly persistent?: boolean } = {}) {
    super(data.detach().node)
    this.persistent = options.persistent ?? true
  }
}

export function parameter(data: Tensor, options: { readonly requiresGrad?: boolean } = {}): Parameter {
  return new Parameter(data, options)
}

export function buffer(data: Tensor, options: { readonly persistent?: boolean } = {}): Buffer {
  return new Buffer(data, options)
}
