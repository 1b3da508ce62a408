import { Generator, optim, randn, type Tensor, zeros } from "nabla"
import type { Values } from "./controls.ts"
import { FEATURES, REPLICAS, STEPS } from "./controls.ts"
import { rateOf } from "./theory.ts"

const FLOAT = { dtype: "float64" } as const

/** Runs of gradient descent on one small problem, each with noise of its own on the inputs. */
export interface Linear {
  /** The problem: n rows of inputs, and targets. */
  readonly inputs: readonly (readonly number[])[]
  readonly targets: readonly number[]
  readonly step: number
  /** Mean weights over the runs at some steps, and their standard errors at the last. */
  readonly path: readonly (readonly [step: number, weights: readonly number[]])[]
  readonly errors: readonly number[]
}

export function* linearOf({ rows, sigma, seed, broken }: Values): globalThis.Generator<Linear, void, void> {
  const generator = new Generator(seed)
  const x = randn([rows, FEATURES], { ...FLOAT, generator })
  const truth = randn([FEATURES, 1], { ...FLOAT, generator })
  const y = x.matmul(truth).add(randn([rows, 1], { ...FLOAT, generator }).mul(0.5))
  const inputs = x.toArray() as number[][]
  const targets = Array.from(y.dataSync(), Number)
  const draw = (): Tensor => randn([REPLICAS, rows, FEATURES], { ...FLOAT, generator }).mul(sigma)
  // Broken on purpose: each run draws its noise once.
  const once = broken ? draw() : null
  once?.dataSync()

  const w = zeros([REPLICAS, FEATURES, 1], { ...FLOAT, requiresGrad: true })
  const optimizer = optim.sgd([w], { lr: rateOf(inputs, sigma) })
  const path: [number, number[]][] = []
  let errors: number[] = []
  const look = (step: number): Linear => {
    const values = Array.from(w.dataSync(), Number)
    const column = (i: number): number[] => values.filter((_, at) => at % FEATURES === i)
    const means = Array.from(
      { length: FEATURES },
      (_, i) => column(i).reduce((sum, v) => sum + v, 0) / REPLICAS,
    )
    errors = means.map((mean, i) => {
      const squares = column(i).reduce((sum, v) => sum + (v - mean) ** 2, 0)
      return Math.sqrt(squares / (REPLICAS - 1) / REPLICAS)
    })
    path.push([step, means])
    return { inputs, targets, step, path: [...path], errors }
  }
  for (let step = 0; step < STEPS; step++) {
    if (step % 15 === 0) yield look(step)
    optimizer.zeroGrad()
    const noisy = x.add(once ?? draw())
    noisy
      .matmul(w)
      .sub(y)
      .square()
      .sum()
      .mul(0.5 / rows)
      .backward()
    optimizer.step()
  }
  yield look(STEPS)
}
