import type { Tensor } from "../../../tensor/index.ts"
import { cdist, noGrad } from "../../../tensor/index.ts"
import type { Patient } from "../patient.ts"
import { fitOneBatch } from "./one-batch.ts"

export interface Targets {
  readonly values: ArrayLike<number>
  /** Whether they name classes. */
  readonly classes: boolean
}

const MOST = 600
const NEIGHBOURS = 5

/**
 * How far the targets of the nearest five neighbours agree with an example's own, in deviations of what chance gives;
 * features are standardised first.
 */
export async function neighbourAgreement(x: Tensor, targets: Targets): Promise<number> {
  const n = Math.min(x.shape[0]!, MOST)
  const distances = noGrad(() => {
    const flat = x.narrow(0, 0, n).reshape([n, -1])
    const std = flat
      .sub(flat.mean([0], { keepdim: true }))
      .square()
      .mean([0], { keepdim: true })
      .sqrt()
    const scaled = flat.div(std.clamp({ min: 1e-12 }))
    return cdist(scaled, scaled)
  })
  const values = await distances.data()
  const { values: y } = targets
  const guesses = Array.from({ length: n }, (_, i) => {
    const near = Array.from({ length: n }, (_, j) => j)
      .filter((j) => j !== i)
      .sort((a, b) => values[i * n + a]! - values[i * n + b]!)
      .slice(0, NEIGHBOURS)
    return near.map((j) => y[j]!)
  })
  return targets.classes
    ? beyondChance(
        guesses.map((near) => mostFrequent(near)),
        Array.from({ length: n }, (_, i) => y[i]!),
      )
    : correlation(
        guesses.map((near) => near.reduce((a, b) => a + b, 0) / near.length),
        Array.from({ length: n }, (_, i) => y[i]!),
      ) * Math.sqrt(n)
}

/** What a model knows after training on one half of the examples, in deviations beyond chance. */
export interface Generalisation {
  /** On the half that it was trained on. */
  readonly train: number
  /** On the other half. */
  readonly held: number
}

/** Trains on one half of the examples and asks about the other one. What it changes is put back by the caller. */
export async function generalisation(patient: Patient, targets: Targets): Promise<Generalisation> {
  const { model, loss } = patient
  const [x, y] = patient.sample
  const half = Math.floor(Math.min(x.shape[0]!, 2 * MOST) / 2)
  await fitOneBatch(model, [x.narrow(0, 0, half), y.narrow(0, 0, half)], loss, { steps: 150 })
  model.eval()
  const score = async (from: number): Promise<number> => {
    const output = noGrad(() => model.forward(x.narrow(0, from, half)))
    const guesses = await answers(output, targets.classes)
    const truth = Array.from({ length: half }, (_, i) => targets.values[from + i]!)
    return targets.classes ? beyondChance(guesses, truth) : correlation(guesses, truth) * Math.sqrt(half)
  }
  return { train: await score(0), held: await score(half) }
}

async function answers(output: Tensor, classes: boolean): Promise<number[]> {
  const columns = output.ndim >= 2 ? output.shape[1]! : 1
  const values = Array.from(await output.data())
  if (!classes) return values
  if (columns === 1) {
    const middle = values.toSorted((a, b) => a - b)[values.length >> 1]!
    return values.map((value) => (value > middle ? 1 : 0))
  }
  return Array.from({ length: output.shape[0]! }, (_, i) => {
    const row = values.slice(i * columns, (i + 1) * columns)
    return row.indexOf(Math.max(...row))
  })
}

/** (share of right answers − what answers independent of the truth would get)/its deviation. */
function beyondChance(guesses: readonly number[], truth: readonly number[]): number {
  const n = truth.length
  const share = (list: readonly number[], value: number): number => list.filter((v) => v === value).length / n
  const classes = [...new Set(truth)]
  const chance = classes.reduce((sum, c) => sum + share(guesses, c) * share(truth, c), 0)
  const right = truth.filter((value, i) => guesses[i] === value).length / n
  return (right - chance) / Math.sqrt(Math.max(chance * (1 - chance), 1 / n) / n)
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]): number => list.reduce((x, y) => x + y, 0) / list.length
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  a.forEach((value, i) => {
    ab += (value - ma) * (b[i]! - mb)
    aa += (value - ma) ** 2
    bb += (b[i]! - mb) ** 2
  })
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb)
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0]
}
