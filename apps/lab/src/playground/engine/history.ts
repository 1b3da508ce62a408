import type { Snapshot } from "./trainer.ts"

export interface Losses {
  readonly epochs: readonly number[]
  readonly train: readonly number[]
  readonly test: readonly number[]
}

const LONGEST = 600
const MOST_MARKS = 48

/** What a run has been through: losses to draw, and states to go back to. Both thin out as it goes on. */
export class History {
  private epochs: number[] = []
  private train: number[] = []
  private test: number[] = []
  private kept: Snapshot[] = []
  private spacing = 1

  add(epoch: number, train: number, test: number): void {
    // The same epoch again, with other weights perhaps: its losses are replaced, and its mark stays.
    if (this.epochs.at(-1) === epoch) for (const list of [this.epochs, this.train, this.test]) list.pop()
    this.epochs.push(epoch)
    this.train.push(train)
    this.test.push(test)
    if (this.epochs.length <= LONGEST) return
    const keep = <T>(list: T[]): T[] => list.filter((_, i) => i % 2 === 0 || i === list.length - 1)
    this.epochs = keep(this.epochs)
    this.train = keep(this.train)
    this.test = keep(this.test)
  }

  get losses(): Losses {
    return { epochs: [...this.epochs], train: [...this.train], test: [...this.test] }
  }

  /** Epochs that can be gone back to. */
  get marks(): number[] {
    return this.kept.map(({ epoch }) => epoch)
  }

  get last(): Snapshot | undefined {
    return this.kept.at(-1)
  }

  due(epoch: number): boolean {
    const last = this.kept.at(-1)
    return last === undefined || epoch - last.epoch >= this.spacing
  }

  mark(snapshot: Snapshot): void {
    const at = this.kept.findIndex(({ epoch }) => epoch >= snapshot.epoch)
    if (at >= 0) this.kept.splice(at)
    this.kept.push(snapshot)
    if (this.kept.length <= MOST_MARKS) return
    this.spacing *= 2
    this.kept = this.kept.filter((_, i) => i % 2 === 0)
  }

  at(index: number): Snapshot | undefined {
    return this.kept[index]
  }

  /** Forgets what came after an epoch. */
  drop(after: number): void {
    const length = this.epochs.findIndex((epoch) => epoch > after)
    if (length >= 0) for (const list of [this.epochs, this.train, this.test]) list.length = length
    this.kept = this.kept.filter(({ epoch }) => epoch <= after)
  }
}
