import type { AnyModule } from "../../nn/index.ts"
import { noGrad, type Tensor } from "../../tensor/index.ts"
import type { EpochEvent, FitListener, TrainingHandle } from "../events.ts"
import { checkOptions, invalid } from "../metrics/check.ts"

/** What a model made of the same inputs after an epoch. */
export interface Sample<Output = Tensor> {
  readonly epoch: number
  readonly step: number
  readonly output: Output
}

export interface SampleDumpOptions<Output = Tensor> {
  /** A batch of inputs, the same each time. */
  readonly inputs: Tensor
  /** Does with a sample what is wanted: writes it to a file, draws it. The training waits for it. */
  readonly write: (sample: Sample<Output>) => void | Promise<void>
  /** Epochs between two samples. Default: 1. */
  readonly every?: number
}

/**
 * Runs the model on fixed inputs after epochs, in evaluation mode and without derivatives, and hands the output on.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example
 * const write = async ({ epoch, output }) => console.log(epoch, await output.data())
 * await fit(model, loader, { optimizer, callbacks: [new SampleDump({ inputs: x, write })] })
 */
export class SampleDump<Output = Tensor> implements FitListener {
  private readonly options: SampleDumpOptions<Output>
  private readonly every: number

  constructor(options: SampleDumpOptions<Output>) {
    checkOptions("SampleDump", options, ["inputs", "write", "every"])
    const { every = 1 } = options
    if (!(Number.isSafeInteger(every) && every >= 1))
      throw invalid("SampleDump", "every cannot be this", "a whole number ≥ 1", every)
    this.options = options
    this.every = every
  }

  async onEpoch({ epoch, step }: EpochEvent, { model }: TrainingHandle): Promise<void> {
    if (epoch % this.every !== 0) return
    const { inputs, write } = this.options
    const wasTraining = model.training
    model.eval()
    try {
      const runnable = model as AnyModule & { forward(x: Tensor): Output }
      await write({ epoch, step, output: noGrad(() => runnable.forward(inputs)) })
    } finally {
      model.train(wasTraining)
    }
  }
}
