import { join } from "node:path"
import type { Optimizer } from "../../optim/index.ts"
import type { EpochEvent, FitListener, StepEvent } from "../../train/index.ts"
import { writeFileWhole } from "../../train/node.ts"
import { invalidOption } from "../terminal/option-values.ts"
import { RATE_FILE, RateControl } from "./rate-control.ts"
import type { TrainingSchedule } from "./schedules.ts"

interface Momentum {
  momentum?: number
  betas?: readonly [number, number]
}

/** Does what a schedule needs while a training runs: momentum, a metric to watch, rates that are set by hand. */
export class ScheduleListener implements FitListener {
  private readonly plan: TrainingSchedule
  private readonly groups: readonly Momentum[]
  private readonly file: string | null
  /** The folder of the run, once there is one. */
  private readonly folder: () => string | undefined
  private control: RateControl | null = null
  private written = 0

  constructor(
    plan: TrainingSchedule,
    optimizer: Optimizer,
    { file, folder }: { file: string | null; folder: () => string | undefined },
  ) {
    this.plan = plan
    this.groups = optimizer.paramGroups as readonly Momentum[]
    this.file = file
    this.folder = folder
    this.setMomentum(0)
  }

  onStart(): void {
    const { student } = this.plan
    if (student === undefined) return
    const note = (text: string): void => void process.stderr.write(`\n${text}\n`)
    this.control = new RateControl(student, { files: () => this.rateFiles(), input: process.stdin, note })
    // Of a run that goes on, what was set before is in its checkpoint.
    const folder = this.folder()
    if (folder !== undefined) this.control.passOver(join(folder, RATE_FILE))
    this.control.look()
  }

  onStep({ step }: StepEvent): void {
    this.setMomentum(step)
    this.control?.look()
    // Whatever ends the process, what was set by hand is kept.
    if (this.plan.student !== undefined && this.plan.student.changes.length !== this.written) this.keep()
  }

  onEpoch({ train, test }: EpochEvent): void {
    this.plan.observe?.((test ?? train).loss!)
  }

  onEnd(): void {
    this.control?.dispose()
    this.keep()
  }

  private rateFiles(): string[] {
    const folder = this.folder()
    return [
      ...(this.file === null ? [] : [this.file]),
      ...(folder === undefined ? [] : [join(folder, RATE_FILE)]),
    ]
  }

  private keep(): void {
    const [{ student }, folder] = [this.plan, this.folder()]
    if (student === undefined || folder === undefined) return
    this.written = student.changes.length
    writeFileWhole(join(folder, "rates.json"), `${JSON.stringify(student, null, 2)}\n`)
  }

  private setMomentum(step: number): void {
    if (this.plan.momentum === undefined) return
    const momentum = this.plan.momentum(step)
    for (const group of this.groups) {
      if (group.betas === undefined) group.momentum = momentum
      else group.betas = [momentum, group.betas[1]]
    }
  }
}

/** @throws NABLA_INVALID_OPTION for a schedule of the momentum with an optimizer that has none */
export function checkMomentum({ momentum }: TrainingSchedule, optimizer: Optimizer): void {
  if (momentum === undefined) return
  if (optimizer.paramGroups.every((group) => "momentum" in group || "betas" in group)) return
  throw invalidOption("--schedule … momentum", "an optimizer with momentum", optimizer.constructor.name)
}
