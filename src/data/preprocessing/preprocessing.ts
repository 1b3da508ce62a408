import type { DType } from "../../base/index.ts"
import { formatShape, isFloating, NablaError, numel } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { tensor } from "../../tensor/index.ts"
import type { FitSource } from "./source.ts"
import { inputsOf } from "./source.ts"
import type { Layout } from "./state.ts"
import { checkState } from "./state.ts"

/** What a preprocessing is and what it has learned: plain numbers and words, fit for JSON. */
export interface PreprocessingState {
  readonly kind: string
  readonly options: object
  /** null before fit */
  readonly learned: object | null
}

/** What every preprocessing does: learn from training data, then map inputs there and back. */
export interface Transform {
  readonly kind: string
  readonly fitted: boolean
  fit(source: FitSource): Promise<this>
  transform(x: Tensor): Tensor
  inverse(x: Tensor): Tensor
  toJSON(): PreprocessingState
}

/**
 * Base of what learns numbers for each feature. Subclasses see rows of features [n, d] alone: the feature dimension is
 * put last and the others become rows, or, where `dim` is null, all dimensions after the first are the features.
 *
 * Fitting is done in double precision on the host or the device; transforming is made of tensor ops, so it runs with
 * the model, has derivatives, and computes in the type of its input (float32 for whole numbers).
 */
export abstract class Preprocessing<Learned extends object> implements Transform {
  abstract readonly kind: string
  /** The names of what is learned with their form, which toJSON's result is checked by. */
  protected abstract readonly layout: Layout
  readonly options: object
  protected readonly dim: number | null
  #learned: Learned | null = null

  protected constructor(options: object, dim: number | null) {
    if (dim !== null && !Number.isInteger(dim)) {
      const expected = "the whole number of a dimension"
      throw new NablaError("NABLA_INVALID_ARGUMENT", { message: "dim is none", expected, got: String(dim) })
    }
    this.options = { ...options }
    this.dim = dim
  }

  get fitted(): boolean {
    return this.#learned !== null
  }

  /**
   * Learns from training data, which is gone through once. Fitting again begins anew.
   *
   * @throws NABLA_EMPTY_DATA without a sample
   * @throws NABLA_SHAPE_MISMATCH for batches of different features
   * @throws NABLA_NON_FINITE for data with NaN or ±∞, where these mean nothing
   */
  async fit(source: FitSource): Promise<this> {
    this.#learned = await this.learn(this.rowsOf(source))
    return this
  }

  /**
   * Applies what was learned.
   *
   * @throws NABLA_INVALID_ARGUMENT before fit
   * @throws NABLA_SHAPE_MISMATCH for other features than those of fit
   */
  transform(x: Tensor): Tensor {
    const learned = this.learned("transform")
    return this.through(x, this.width(learned, false), (rows) => this.apply(rows, learned))
  }

  /** From transformed values back to the original ones. Errors as in transform. */
  inverse(x: Tensor): Tensor {
    const learned = this.learned("inverse")
    return this.through(x, this.width(learned, true), (rows) => this.undo(rows, learned))
  }

  toJSON(): PreprocessingState {
    return { kind: this.kind, options: this.options, learned: this.#learned }
  }

  /** Takes what toJSON gave as `learned`. @throws NABLA_FILE_FORMAT for anything else */
  restore(learned: unknown): this {
    this.#learned = learned === null ? null : (checkState(this.kind, learned, this.layout) as Learned)
    return this
  }

  protected abstract learn(batches: AsyncIterable<Tensor>): Promise<Learned>
  protected abstract apply(rows: Tensor, learned: Learned): Tensor
  protected abstract undo(rows: Tensor, learned: Learned): Tensor
  /** How many features go in, or come out. */
  protected abstract width(learned: Learned, after: boolean): number

  protected learned(what: string): Learned {
    if (this.#learned !== null) return this.#learned
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: `there is nothing to ${what} by yet`,
      where: this.kind,
      hint: "await fit(trainingData) first",
    })
  }

  /** The batches of a source as rows in double precision. */
  private async *rowsOf(source: FitSource): AsyncGenerator<Tensor, void, undefined> {
    let width: number | null = null
    let count = 0
    for await (const x of inputsOf(source)) {
      const { rows } = this.asRows(x.to("float64"))
      width ??= rows.shape[1]!
      if (rows.shape[1] !== width) throw this.misfit(x, width)
      count += rows.shape[0]!
      if (rows.shape[0]! > 0) yield rows
    }
    if (count === 0)
      throw new NablaError("NABLA_EMPTY_DATA", {
        message: "there is no sample to learn from",
        where: this.kind,
      })
  }

  private through(x: Tensor, width: number, f: (rows: Tensor) => Tensor): Tensor {
    const { rows, back } = this.asRows(isFloating(x.dtype) ? x : x.to("float32"))
    if (rows.shape[1] !== width) throw this.misfit(x, width)
    return back(f(rows))
  }

  private asRows(x: Tensor): { rows: Tensor; back: (rows: Tensor) => Tensor } {
    const { dim } = this
    const at = dim === null ? 0 : dim < 0 ? dim + x.ndim : dim
    if (x.ndim < 2 || at < 0 || at >= x.ndim) throw this.misfit(x, null)
    if (dim === null) return { rows: x.reshape([x.shape[0]!, numel(x.shape.slice(1))]), back: (rows) => rows }
    if (x.ndim === 2 && at === 1) return { rows: x, back: (rows) => rows }
    const order = [...x.shape.keys()].filter((i) => i !== at)
    const others = order.map((i) => x.shape[i]!)
    const home = x.shape.map((_, i) => (i === at ? order.length : order.indexOf(i)))
    return {
      rows: x.permute([...order, at]).reshape([numel(others), x.shape[at]!]),
      back: (rows) => rows.reshape([...others, rows.shape[1]!]).permute(home),
    }
  }

  private misfit(x: Tensor, width: number | null): NablaError {
    const place = this.dim === null ? "after dimension 0" : `along dimension ${this.dim}`
    return new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the input has not the features that are known",
      expected: width === null ? "a batch of samples, with features" : `${width} features ${place}`,
      got: formatShape(x.shape),
      where: this.kind,
    })
  }
}

const tensors = new WeakMap<readonly number[], Map<string, Tensor>>()

/** Learned numbers as a tensor, which is made once for each type and shape. */
export function constant(values: readonly number[], dtype: DType, shape = [values.length]): Tensor {
  const known = tensors.get(values) ?? new Map<string, Tensor>()
  tensors.set(values, known)
  const key = `${dtype} ${shape.join()}`
  const made = known.get(key) ?? tensor(Float64Array.from(values), { shape: [...shape], dtype })
  known.set(key, made)
  return made
}
