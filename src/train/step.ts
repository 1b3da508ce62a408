import { NablaError } from "../base/index.ts"
import type { Module } from "../nn/index.ts"
import type { Compiled, Tensor } from "../tensor/index.ts"
import { compile } from "../tensor/index.ts"
import type { Loss, Metric } from "./metrics.ts"
import { report } from "./metrics.ts"

/** What fit asks of an optimizer; those of nabla/optim have it. */
export interface Steppable {
  zeroGrad(): void
  step(): void
  /** Groups whose options decide what a step computes. */
  readonly paramGroups?: readonly object[]
}

export interface StepParts {
  readonly model: Module
  readonly loss: Loss
  readonly metrics: Readonly<Record<string, Metric>>
  readonly optimizer: Steppable
  /** Whether steps are captured and replayed. */
  readonly capture: boolean
}

type StepFunction = (x: Tensor, y: Tensor, form: string) => Tensor

/**
 * The body of the training loop: loss, gradients, metrics, a step of the optimizer. It is captured and replayed, so
 * that a step costs its kernels and little else. A step runs as it is written as long as a module has hooks (they want
 * to be called), and for good once it turns out that a replay would not do the same: when the model reads values, or
 * when two captures differ.
 */
export class TrainingStep {
  private readonly parts: StepParts
  private replayed: Compiled<StepFunction> | null
  /** Why steps are no longer replayed; null as long as they are, or were never meant to be. */
  obstacle: NablaError | null = null

  constructor(parts: StepParts) {
    this.parts = parts
    const body: StepFunction = (x, y) => this.plain(x, y)
    this.replayed = parts.capture ? compile(body, { check: "once" }) : null
  }

  /** @returns the loss and the metrics of the batch before the step, see report */
  take(x: Tensor, y: Tensor): Tensor {
    const { replayed, parts } = this
    const modules = parts.model.modules()
    if (replayed === null || modules.some(({ hooked }) => hooked)) return this.plain(x, y)
    try {
      return replayed(x, y, this.form())
    } catch (error) {
      if (!(error instanceof NablaError && error.code === "NABLA_CAPTURE")) throw error
      this.replayed = null
      this.obstacle = error
      return this.plain(x, y)
    }
  }

  private plain(x: Tensor, y: Tensor): Tensor {
    const { model, loss, metrics, optimizer } = this.parts
    const output = model.forward(x)
    const value = loss(output, y)
    optimizer.zeroGrad()
    value.backward()
    const reported = report(value, metrics, output, y)
    optimizer.step()
    return reported
  }

  /** Text of the settings that may change between steps and decide what a step computes. */
  private form(): string {
    const { model, optimizer } = this.parts
    const modes = model.modules().map(({ training }) => (training ? "t" : "e"))
    const learning = model.parameters().map(({ requiresGrad }) => (requiresGrad ? "l" : "f"))
    // Rates may change at every step: they are inputs of the program.
    const options = JSON.stringify(optimizer.paramGroups ?? [], (key, value: unknown) =>
      key === "params" || key === "lr" ? undefined : value,
    )
    return `${modes.join("")} ${learning.join("")} ${options}`
  }
}
