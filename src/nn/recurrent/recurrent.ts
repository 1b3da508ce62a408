import type { DType, Shape } from "../../base/index.ts"
import { formatShape, NablaError, sameShape } from "../../base/index.ts"
import { cat, stack, type Tensor, zeros } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { dropout } from "../functions/dropout.ts"
import { uniform_ } from "../init/index.ts"
import type { Members } from "../module.ts"
import { Module } from "../module.ts"
import { Parameter } from "../parameter.ts"
import type { CellKind, CellWeights } from "./cells.ts"
import { int, PackedSequence } from "./packed.ts"
import { scan } from "./scan.ts"

export interface RecurrentOptions {
  /** How many layers stand on each other; each reads the outputs of the one below. Default: 1. */
  readonly numLayers?: number
  /** Whether biases are added. Default: true. */
  readonly bias?: boolean
  /** Whether input and output are [N, T, …] rather than [T, N, …]; states are not concerned. Default: false. */
  readonly batchFirst?: boolean
  /** Probability of dropping an output of a layer but the last, in training. Default: 0. */
  readonly dropout?: number
  /** Whether a second network reads the sequence backwards; the outputs of both are joined. Default: false. */
  readonly bidirectional?: boolean
  /** Type of the parameters. Default: float32. */
  readonly dtype?: DType
}

export const recurrentOptionNames = [
  "numLayers",
  "bias",
  "batchFirst",
  "dropout",
  "bidirectional",
  "dtype",
] as const

/** Padded sequences [T, N, in], a single one [T, in], or packed ones. */
export type Sequences = Tensor | PackedSequence

/** The parameters of one layer in one direction, with the end of their names. */
interface Direction {
  readonly suffix: string
  readonly weights: CellWeights
}

/** How the input came, which the output follows. */
interface Arrangement {
  /** Rows in packed order. */
  readonly data: Tensor
  readonly batchSizes: readonly number[]
  readonly samples: number
  /** The output, from rows in packed order. */
  restore(rows: Tensor): Sequences
  /** A state [layers, N, H] as given, in packed order; and one in packed order as it is to be returned. */
  enter(state: Tensor): Tensor
  leave(state: Tensor): Tensor
}

const PARTS = [
  ["weightIh", "weight_ih"],
  ["weightHh", "weight_hh"],
  ["biasIh", "bias_ih"],
  ["biasHh", "bias_hh"],
  ["weightHr", "weight_hr"],
] as const

/** What RNN, LSTM and GRU share: layers, directions, arrangements of the input, and PyTorch's names. */
export abstract class Recurrent<State> extends Module<
  readonly [input: Sequences, state?: State | null],
  [output: Sequences, state: State]
> {
  readonly inputSize: number
  readonly hiddenSize: number
  readonly numLayers: number
  readonly batchFirst: boolean
  readonly dropout: number
  readonly bidirectional: boolean
  /** Size of the outputs of one direction. */
  readonly #outputSize: number
  readonly #kind: CellKind
  /** By layer, and in a layer forwards and backwards. */
  readonly #directions: readonly (readonly Direction[])[]

  constructor(
    kind: CellKind,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions,
    projSize = 0,
  ) {
    super()
    const where = new.target.name
    checkNames(where, options, recurrentOptionNames)
    const { numLayers = 1, bias = true, bidirectional = false, dtype = "float32" } = options
    checkCount(where, "inputSize", inputSize)
    checkCount(where, "hiddenSize", hiddenSize)
    checkCount(where, "numLayers", numLayers)
    this.inputSize = inputSize
    this.hiddenSize = hiddenSize
    this.numLayers = numLayers
    this.batchFirst = options.batchFirst ?? false
    this.dropout = checkShare(where, options.dropout ?? 0)
    this.bidirectional = bidirectional
    this.#kind = kind
    this.#outputSize = projSize || hiddenSize
    const directions = bidirectional ? ["", "_reverse"] : [""]
    const make = (...shape: number[]): Parameter => drawn(shape, hiddenSize, dtype)
    const rows = kind.gates * hiddenSize
    this.#directions = Array.from({ length: numLayers }, (_, layer) =>
      directions.map((end) => ({
        suffix: `l${layer}${end}`,
        weights: {
          weightIh: make(rows, layer === 0 ? inputSize : this.#outputSize * directions.length),
          weightHh: make(rows, this.#outputSize),
          biasIh: bias ? make(rows) : null,
          biasHh: bias ? make(rows) : null,
          weightHr: projSize > 0 ? make(projSize, hiddenSize) : null,
        },
      })),
    )
  }

  protected override members(): Members {
    return this.#directions
      .flat()
      .flatMap(({ suffix, weights }) =>
        PARTS.map(([field, name]) => [`${name}_${suffix}`, weights[field]] as const),
      )
  }

  /**
   * Outputs for all steps, and the state after the last.
   *
   * @param initial state tensors [layers·directions, N, size]; missing ones are 0
   */
  protected run(input: Sequences, initial: readonly Tensor[] | null): [Sequences, Tensor[]] {
    const arranged = this.#arrange(input)
    const { batchSizes, samples } = arranged
    const start = this.#initialState(initial, arranged)
    const last: Tensor[][] = this.#stateSizes().map(() => [])
    let data = arranged.data
    this.#directions.forEach((directions, layer) => {
      if (layer > 0 && this.dropout > 0) data = dropout(data, { p: this.dropout, training: this.training })
      const scanned = directions.map(({ weights }, d) => {
        const at = layer * directions.length + d
        const state = start.map((part) => part?.select(0, at) ?? null)
        const sized = state.map(
          (part, i) => part ?? zeros([samples, this.#stateSizes()[i]!], { dtype: data.dtype }),
        )
        return scan(this.#kind, weights, data, sized, batchSizes, d === 1)
      })
      for (const { state } of scanned) state.forEach((part, i) => void last[i]!.push(part))
      const outputs = scanned.map(({ output }) => output)
      data = outputs.length === 1 ? outputs[0]! : cat(outputs, 1)
    })
    return [arranged.restore(data), last.map((parts) => arranged.leave(stack(parts)))]
  }

  #stateSizes(): number[] {
    return [this.#outputSize, this.hiddenSize].slice(0, this.#kind.states)
  }

  #initialState(initial: readonly Tensor[] | null, { samples, enter }: Arrangement): (Tensor | null)[] {
    const layers = this.numLayers * (this.bidirectional ? 2 : 1)
    return this.#stateSizes().map((size, i) => {
      const given = initial?.[i]
      if (given === undefined) return null
      const state = enter(given)
      if (sameShape(state.shape, [layers, samples, size])) return state
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: `the initial ${i === 0 ? "hidden" : "cell"} state does not fit`,
        where: this.constructor.name,
        expected: `[${layers}, ${samples}, ${size}], or [${layers}, ${size}] for a single sequence`,
        got: formatShape(given.shape),
      })
    })
  }

  #arrange(input: Sequences): Arrangement {
    if (input instanceof PackedSequence) return this.#packed(input)
    if (
      input.shape.at(-1) !== this.inputSize ||
      input.ndim < 2 ||
      input.ndim > 3 ||
      input.shape.includes(0)
    ) {
      const order = this.batchFirst ? "[N, T" : "[T, N"
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: `expected last dimension ${this.inputSize}, got ${input.shape.at(-1) ?? "none"}`,
        where: this.constructor.name,
        expected: `${order}, ${this.inputSize}], [T, ${this.inputSize}] or a packed sequence, with T ≥ 1`,
        got: formatShape(input.shape),
      })
    }
    const single = input.ndim === 2
    const swapped = this.batchFirst && !single
    const ordered = single ? input.unsqueeze(1) : swapped ? input.transpose(0, 1) : input
    const [steps, samples] = ordered.shape as readonly [number, number]
    return {
      data: ordered.reshape([steps * samples, this.inputSize]),
      batchSizes: new Array<number>(steps).fill(samples),
      samples,
      restore: (rows) => {
        const output = rows.reshape([steps, samples, -1])
        return single ? output.squeeze(1) : swapped ? output.transpose(0, 1) : output
      },
      enter: (state) => (single && state.ndim === 2 ? state.unsqueeze(1) : state),
      leave: (state) => (single ? state.squeeze(1) : state),
    }
  }

  #packed(input: PackedSequence): Arrangement {
    const { data, batchSizes, sortedIndices, unsortedIndices } = input
    if (!sameShape(data.shape.slice(1), [this.inputSize])) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: `expected last dimension ${this.inputSize}, got ${data.shape.at(-1) ?? "none"}`,
        where: this.constructor.name,
        expected: `packed sequences of [*, ${this.inputSize}]`,
        got: formatShape(data.shape),
      })
    }
    const reorder = (state: Tensor, order: readonly number[] | null): Tensor =>
      order === null ? state : state.indexSelect(1, int(order))
    return {
      data,
      batchSizes,
      samples: batchSizes[0]!,
      restore: (rows) => input.withData(rows),
      enter: (state) => reorder(state, sortedIndices),
      leave: (state) => reorder(state, unsortedIndices),
    }
  }
}

/** A parameter from U(±1/√H). */
export function drawn(shape: Shape, hiddenSize: number, dtype: DType): Parameter {
  const bound = 1 / Math.sqrt(hiddenSize)
  return uniform_(new Parameter(zeros(shape, { dtype })), { a: -bound, b: bound }) as Parameter
}

function checkShare(where: string, dropped: number): number {
  if (dropped >= 0 && dropped <= 1) return dropped
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "dropout is a probability",
    where,
    expected: "0 … 1",
    got: String(dropped),
  })
}
