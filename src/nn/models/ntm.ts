import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { cat, full, matmul, randn, stack, zeros } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import type { Linear } from "../layers/index.ts"
import { linear } from "../layers/index.ts"
import { Module } from "../module.ts"
import type { Parameter } from "../parameter.ts"
import { parameter } from "../parameter.ts"
import type { LSTMCell } from "../recurrent/index.ts"
import { lstmCell } from "../recurrent/index.ts"
import { NTMHead } from "./ntm-head.ts"

export interface NTMOptions {
  /** Slots of the memory. Default: 128. */
  readonly slots?: number
  /** Numbers in a slot. Default: 20. */
  readonly width?: number
  /** Units of the controller. Default: 100. */
  readonly hidden?: number
  /** Default: lstm. */
  readonly controller?: "lstm" | "feedforward"
  /** Heads that read. Default: 1. */
  readonly readHeads?: number
  /** Heads that write. Default: 1. */
  readonly writeHeads?: number
}

/** What a machine said, and where its heads were. */
export interface NTMTrace {
  /** [batch, steps, outputSize] */
  readonly output: Tensor
  /** [batch, steps, readHeads, slots] */
  readonly readWeights: Tensor
  /** [batch, steps, writeHeads, slots] */
  readonly writeWeights: Tensor
}

/** Everything that changes from step to step. */
interface State {
  memory: Tensor
  hidden: readonly [h: Tensor, c: Tensor] | null
  reads: Tensor[]
  readWeights: Tensor[]
  writeWeights: Tensor[]
}

/**
 * A neural Turing machine: a network (the controller) that reads and writes a memory through heads which it steers. All
 * of it can be differentiated, so that it learns algorithms from examples.
 *
 *     h = controller(x, r₍ₜ₋₁₎)
 *     M ← M ∘ (1 − w·eᵀ) + w·aᵀ       each write head: erase e = σ(·), add a = tanh(·)
 *     r = Σᵢ wᵢ·Mᵢ                    each read head
 *     y = V·(h, r) + b
 *
 * Shapes: x [batch, steps, inputSize] → [batch, steps, outputSize]. The output is not squashed: use
 * bceWithLogits for bits.
 *
 * The memory starts with 10⁻⁶ everywhere and the heads at slot 0; the first read vectors and the controller's first state
 * are learned.
 *
 * Graves, Wayne & Danihelka, "Neural Turing Machines" (2014); the start is that of Collier & Beel, "Implementing Neural
 * Turing Machines" (2018).
 *
 * @throws NABLA_SHAPE_MISMATCH from forward for an input of another shape
 *
 * @example nn.neuralTuringMachine(10, 8).forward(zeros([2, 5, 10])).shape // [2, 5, 8]
 */
export class NeuralTuringMachine extends Module {
  readonly inputSize: number
  readonly outputSize: number
  readonly options: Readonly<Required<NTMOptions>>
  controller: LSTMCell | Linear
  readHeads: NTMHead[]
  writeHeads: NTMHead[]
  output: Linear
  firstReads: Parameter
  firstHidden: Parameter | null
  firstCell: Parameter | null

  constructor(inputSize: number, outputSize: number, options: NTMOptions = {}) {
    super()
    const settled = settle(options)
    const { hidden, width, readHeads, writeHeads } = settled
    checkCount("NeuralTuringMachine", "inputSize", inputSize)
    checkCount("NeuralTuringMachine", "outputSize", outputSize)
    this.inputSize = inputSize
    this.outputSize = outputSize
    this.options = settled
    const recurrent = settled.controller === "lstm"
    const seen = inputSize + readHeads * width
    this.controller = recurrent ? lstmCell(seen, hidden) : linear(seen, hidden)
    this.firstHidden = recurrent ? parameter(zeros([hidden])) : null
    this.firstCell = recurrent ? parameter(zeros([hidden])) : null
    this.readHeads = Array.from({ length: readHeads }, () => new NTMHead(hidden, width, 0))
    this.writeHeads = Array.from({ length: writeHeads }, () => new NTMHead(hidden, width, 2 * width))
    this.firstReads = parameter(randn([readHeads, width]).mul(0.01))
    this.output = linear(hidden + readHeads * width, outputSize)
  }

  override forward(input: Tensor): Tensor {
    return this.trace(input).output
  }

  /** As forward, with the weights of all heads at all steps. */
  trace(input: Tensor): NTMTrace {
    const [batch, steps] = this.checkInput(input)
    const state = this.start(batch)
    const outputs: Tensor[] = []
    const reads: Tensor[] = []
    const writes: Tensor[] = []
    for (let t = 0; t < steps; t++) {
      outputs.push(this.step(input.select(1, t), state))
      reads.push(stack(state.readWeights, 1))
      writes.push(stack(state.writeWeights, 1))
    }
    return { output: stack(outputs, 1), readWeights: stack(reads, 1), writeWeights: stack(writes, 1) }
  }

  private start(batch: number): State {
    const { slots, width, hidden } = this.options
    const first = cat([full([batch, 1], 1), zeros([batch, slots - 1])], 1)
    const h = this.firstHidden?.expand([batch, hidden])
    const c = this.firstCell?.expand([batch, hidden])
    return {
      memory: full([batch, slots, width], 1e-6),
      hidden: h === undefined || c === undefined ? null : [h, c],
      reads: this.readHeads.map((_, i) => this.firstReads.select(0, i).expand([batch, width])),
      readWeights: this.readHeads.map(() => first),
      writeWeights: this.writeHeads.map(() => first),
    }
  }

  /** One step; `state` goes on to the next. */
  private step(x: Tensor, state: State): Tensor {
    const control = this.control(cat([x, ...state.reads], 1), state)
    const { width } = this.options
    state.writeWeights = this.writeHeads.map((head, i) => {
      const { weights, rest } = head.forward(control, state.memory, state.writeWeights[i]!)
      const erase = rest!.narrow(1, 0, width).sigmoid()
      const add = rest!.narrow(1, width, width).tanh()
      const column = weights.unsqueeze(2)
      const kept = column.mul(erase.unsqueeze(1)).neg().add(1)
      state.memory = state.memory.mul(kept).add(column.mul(add.unsqueeze(1)))
      return weights
    })
    state.readWeights = this.readHeads.map(
      (head, i) => head.forward(control, state.memory, state.readWeights[i]!).weights,
    )
    state.reads = state.readWeights.map((weights) => matmul(weights.unsqueeze(1), state.memory).squeeze(1))
    return this.output.forward(cat([control, ...state.reads], 1))
  }

  private control(seen: Tensor, state: State): Tensor {
    if (state.hidden === null) return (this.controller as Linear).forward(seen).tanh()
    state.hidden = (this.controller as LSTMCell).forward(seen, state.hidden)
    return state.hidden[0]
  }

  private checkInput(input: Tensor): readonly [batch: number, steps: number] {
    const [batch, steps, channels] = input.shape
    if (input.ndim === 3 && channels === this.inputSize) return [batch!, steps!]
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the input has another shape",
      expected: `[batch, steps, ${this.inputSize}]`,
      got: `[${input.shape.join(", ")}]`,
      where: "NeuralTuringMachine",
    })
  }
}

function settle(options: NTMOptions): Required<NTMOptions> {
  const defaults = { slots: 128, width: 20, hidden: 100, controller: "lstm", readHeads: 1, writeHeads: 1 }
  checkNames("NeuralTuringMachine", options, Object.keys(defaults))
  const settled = { ...defaults, ...options } as Required<NTMOptions>
  for (const name of ["slots", "width", "hidden", "readHeads", "writeHeads"] as const)
    checkCount("NeuralTuringMachine", name, settled[name])
  if (settled.controller === "lstm" || settled.controller === "feedforward") return settled
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such controller",
    expected: '"lstm" or "feedforward"',
    got: String(settled.controller),
    where: "NeuralTuringMachine",
  })
}

export function neuralTuringMachine(
  inputSize: number,
  outputSize: number,
  options: NTMOptions = {},
): NeuralTuringMachine {
  return new NeuralTuringMachine(inputSize, outputSize, options)
}
