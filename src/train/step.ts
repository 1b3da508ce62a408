import { NablaError } from "../base/index.ts"
import type { Module } from "../nn/index.ts"
import { clipGradNorm_ } from "../optim/index.ts"
import type { Compiled, Tensor } from "../tensor/index.ts"
import { compile } from "../tensor/index.ts"
import type { Loss, Metrics } from "./metrics.ts"
import { report } from "./metrics.ts"

/** What fit asks of an optimizer; those of nabla/optim have it. */
export interface Steppable {
  zeroGrad(): void
  step(): void
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
export class TrainingStep<Output = Tensor> {
  private readonly parts: StepParts<Output>
  private replayed: Compiled<StepFunction> | null
  /** Why steps are no longer replayed; null as long as they are, or were never meant to be. */
  obstacle: NablaError | null = null

  constructor(parts: StepParts<Output>) {
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
    const { model, loss, metrics, optimizer, clipGradNorm } = this.parts
    const output = model.forward(x)
    const value = loss(output, y)
    optimizer.zeroGrad()
    value.backward()
    if (clipGradNorm !== undefined) clipGradNorm_(model.parameters(), clipGradNorm)
    const reported = report(value, metrics, output, y)
    optimizer.step()
    return reported
  }

  /** Text of the settings that may change between steps and decide what a step computes. */
  private form(): string {
    const { model, optimizer } = this.parts
    const modes = model.modules().map(({ training }) => (training ? "t" : "e"))
    const learning = model.parameters().map(({ requiresGrad }) => (requiresGrad ? "l" : "f"))
    return `${modes.join("")} ${learning.join("")} ${optimizer.structure?.() ?? ""}`
  }
}
