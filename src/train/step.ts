import { NablaError } from "../base/index.ts"
import type { Module } from "../nn/index.ts"
import { clipGradNorm_, clipGradValue_ } from "../optim/index.ts"
import type { Compiled, Tensor } from "../tensor/index.ts"
import { compile, mul } from "../tensor/index.ts"
import type { Loss, Metrics } from "./metrics/index.ts"
import { joined, report } from "./metrics/report.ts"

/** What fit asks of an optimizer; those of nabla/optim have it. */
export interface Steppable {
  zeroGrad(): void
  step(): void
  /** The learning rate of the next step. */
  readonly lr?: number
  /** Text of what decides which program a step is; numbers that may change at every step are no part of it. */
  structure?(): string
}

export interface StepParts<Output> {
  readonly model: Module<readonly [Tensor], Output>
  readonly loss: Loss<Output>
  readonly metrics: Metrics<Output>
  readonly optimizer: Steppable
  /** Largest norm of all gradients together; larger ones are scaled down. Default: none. */
  readonly clipGradNorm?: number | undefined
  /** Largest absolute value of each gradient's entries; clipped before the norm. Default: none. */
  readonly clipGradValue?: number | undefined
  /** Whether steps are captured and replayed. */
  readonly capture: boolean
}

/** Inputs and targets. */
export type Batch = readonly [x: Tensor, y: Tensor]

type StepFunction = (form: string, ...tensors: Tensor[]) => Tensor

/**
 * The body of the training loop: loss, gradients, metrics, a step of the optimizer. It is captured and replayed, so
 * that a step costs its kernels and little else. A step runs as it is written as long as a module has hooks (they want
 * to be called), and for good once it turns out that a replay would not do the same: when the model reads values, or
 * when two captures differ.
 */
export class TrainingStep<Output = Tensor> {
  private readonly parts: StepParts<Output>
  private replayed: Compiled<StepFunction> | null
  /** Why steps are no longer replayed; null as long as they are, or were never meant to be. */
  obstacle: NablaError | null = null

  constructor(parts: StepParts<Output>) {
    this.parts = parts
    const body: StepFunction = (_form, ...tensors) => this.plain(paired(tensors))
    this.replayed = parts.capture ? compile(body, { check: "once" }) : null
  }

  /**
   * A step by one batch, or by several whose gradients are added up, so that they do what one batch of all their samples
   * does.
   *
   * @returns the loss and the metrics of the batches before the step, see report and joined
   */
  take(...batches: readonly Batch[]): Tensor {
    const { replayed, parts } = this
    const modules = parts.model.modules()
    if (replayed === null || modules.some(({ hooked }) => hooked)) return this.plain(batches)
    try {
      return replayed(this.form(), ...batches.flat())
    } catch (error) {
      if (!(error instanceof NablaError && error.code === "NABLA_CAPTURE")) throw error
      this.replayed = null
      this.obstacle = error
      return this.plain(batches)
    }
  }

  private plain(batches: readonly Batch[]): Tensor {
    const { model, optimizer, clipGradNorm, clipGradValue } = this.parts
    const samples = batches.reduce((sum, [x]) => sum + x.shape[0]!, 0)
    optimizer.zeroGrad()
    const reports = batches.map((batch) => this.gradients(batch, batch[0].shape[0]! / samples))
    if (clipGradValue !== undefined) clipGradValue_(model.parameters(), clipGradValue)
    if (clipGradNorm !== undefined) clipGradNorm_(model.parameters(), clipGradNorm)
    optimizer.step()
    return joined(reports)
  }

  /** Adds the gradients of a batch, with a weight, to those that are there. */
  private gradients([x, y]: Batch, weight: number): Tensor {
    const { model, loss, metrics } = this.parts
    const output = model.forward(x)
    const value = loss(output, y)
    const part = weight === 1 ? value : mul(value, weight)
    part.backward()
    return report(value, metrics, output, y)
  }

  /** Text of the settings that may change between steps and decide what a step computes. */
  private form(): string {
    const { model, optimizer } = this.parts
    const modes = model.modules().map(({ training }) => (training ? "t" : "e"))
    const learning = model.parameters().map(({ requiresGrad }) => (requiresGrad ? "l" : "f"))
    return `${modes.join("")} ${learning.join("")} ${optimizer.structure?.() ?? ""}`
  }
}

function paired(tensors: readonly Tensor[]): Batch[] {
  return Array.from({ length: tensors.length / 2 }, (_, i) => [tensors[2 * i]!, tensors[2 * i + 1]!] as const)
}
