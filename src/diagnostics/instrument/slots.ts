import type { DType } from "../../base/index.ts"
import type { Tensor, Update } from "../../tensor/index.ts"
import { realize, Tensor as TensorClass, tensor, updateLater } from "../../tensor/index.ts"

/** A vector that one step computes and somebody reads later. */
interface Slot<Meta> {
  readonly target: Tensor
  readonly meta: Meta
}

function ownTensor(length: number, dtype: DType): Tensor {
  const data = dtype === "float64" ? new Float64Array(length) : new Float32Array(length)
  return tensor(data, { shape: [length], dtype })
}

/**
 * The vectors of one step, by name. They are computed along with the step, in a captured one too: there the graph that
 * computes them is made once, and replays write the same tensors.
 */
export class Slots<Meta> {
  private readonly targets = new Map<string, Tensor>()
  private readonly written = new Map<string, Slot<Meta>>()

  /** Forgets what the last pass wrote: another one begins. */
  begin(): void {
    this.written.clear()
  }

  /** The vector has this value after the step. */
  write(name: string, value: Tensor, meta: Meta): void {
    updateLater([this.pair(name, value, meta)])
  }

  /** The same, for whoever computes it along with something else. */
  pair(name: string, value: Tensor, meta: Meta): Update {
    let target = this.targets.get(name)
    if (target === undefined || target.numel() !== value.numel() || target.dtype !== value.dtype) {
      // A value of its own, not an expression: a captured step must not take it for one of its results.
      target = ownTensor(value.numel(), value.dtype)
      this.targets.set(name, target)
    }
    this.written.set(name, { target, meta })
    return { target, value }
  }

  get isEmpty(): boolean {
    return this.written.size === 0
  }

  get(name: string): Slot<Meta> | undefined {
    return this.written.get(name)
  }

  /** The values of all vectors that were written, in their order, computed together where they are not yet. */
  async read(): Promise<{ name: string; meta: Meta; values: ArrayLike<number> }[]> {
    const slots = [...this.written]
    // Other handles: the vectors themselves may be written anew before everything is read.
    const handles = slots.map(([, { target }]) => new TensorClass(target.node))
    realize(handles)
    const read = await Promise.all(handles.map((handle) => handle.data()))
    return slots.map(([name, { meta }], i) => ({ name, meta, values: read[i]! }))
  }
}
