import type { Finding } from "nabla/diagnostics"
import { checks, examine, Patient } from "nabla/diagnostics"
import type { Losses } from "./history.ts"
import { tensorsOf, undisturbed } from "./instruments.ts"
import type { Trainer } from "./trainer.ts"

/** A finding of the doctor, and the epoch at which it was first seen. */
export interface Arisen {
  readonly finding: Finding
  readonly since: number
}

/** What one pass through the network, or the losses so far, can tell: the doctor's other checks try trainings out. */
const quick = new Set([
  "symmetric-initialisation",
  "saturated",
  "dead-relu",
  "vanishing",
  "exploding",
  "linear-stack",
  "overfitting",
])
const own = checks.filter(({ name }) => quick.has(name))

/** Between two looks the number of epochs grows threefold, so that a long run is hardly held up. */
const GROWTH = 3

/** Follows a run with the doctor's quick checks. */
export class Watch {
  private found: Arisen[] = []
  private next = 1

  get arisen(): readonly Arisen[] {
    return this.found
  }

  due(epoch: number): boolean {
    return epoch >= this.next
  }

  async look(trainer: Trainer, { epochs, train, test }: Losses): Promise<void> {
    const { epoch, net, objective } = trainer
    this.next = Math.max(epoch + 1, GROWTH * epoch)
    const history = epochs.map((at, i) => ({
      epoch: at,
      train: { loss: train[i]! },
      ...(Number.isFinite(test[i]!) && { test: { loss: test[i]! } }),
    }))
    const loss: Trainer["objective"]["loss"] = (z, target) => objective.loss(z, target)
    const { findings } = await undisturbed(trainer, () =>
      examine(new Patient(net, tensorsOf(trainer), { loss, history, trained: true }), own),
    )
    this.found = findings.map((finding) => ({
      finding,
      since: this.found.find(({ finding: { name } }) => name === finding.name)?.since ?? epoch,
    }))
  }

  /** The run went back to an epoch. */
  back(epoch: number): void {
    this.found = this.found.filter(({ since }) => since <= epoch)
    this.next = epoch + 1
  }
}
