import { Generator, nn, noGrad, randn } from "nabla"
import type { Values } from "./controls.ts"
import { MEAN, MOMENTUM, STD } from "./controls.ts"
import { FLOAT, normOf } from "./layers.ts"
import type { Estimate } from "./statistics.ts"
import { estimateOf } from "./statistics.ts"
import { CHANNELS, gapSquared } from "./theory.ts"

/** Passes after which the outputs of both modes are compared. */
const LOOKS = [0, 1, 2, 3, 5, 8, 12, 20, 30, 50, 75, 100]

/** Batches of which the outputs are compared. */
const DRAWS = 2

export interface Gap extends Estimate {
  readonly pass: number
  /** By the law, of these running statistics. */
  readonly predicted: number
}

export interface Running {
  /** Mean square over channels of (running mean − mean)/σ, after each pass. */
  readonly drifts: readonly number[]
  /** Mean square of training output − evaluation output, in units of γ². */
  readonly gaps: readonly Gap[]
}

/** A layer in training mode for some passes, and what evaluation then makes of other data. */
export function* runningOf(values: Values): globalThis.Generator<Running, void, void> {
  const { batch, passes, gamma, beta, epsilon, norm, seed } = values
  const generator = new Generator(seed)
  const draw = () =>
    randn([batch, CHANNELS], { ...FLOAT, generator })
      .mul(STD)
      .add(MEAN)
  const layer = normOf(values, CHANNELS, epsilon)
  layer.momentum = MOMENTUM
  // The same in training, but without memory: looking must change nothing.
  const memoryless = new nn.BatchNorm1d(CHANNELS, { ...FLOAT, eps: epsilon, trackRunningStats: false })
  nn.init.constant_(memoryless.weight!, gamma)
  nn.init.constant_(memoryless.bias!, beta)
  const law = gapSquared(batch, STD, epsilon)

  const look = (pass: number): Gap => {
    const means = Array.from(layer.runningMean!.dataSync(), Number)
    const variances = Array.from(layer.runningVar!.dataSync(), Number)
    const expected = means.map((mean, c) => law((mean - MEAN) / STD, variances[c]! / STD ** 2))
    const apart: number[] = []
    for (let i = 0; i < DRAWS; i++) {
      const x = draw()
      const both = norm ? memoryless.forward(x).sub(layer.eval().forward(x)) : x.sub(x)
      const squares = Array.from(both.div(gamma).square().mean(0).dataSync(), Number)
      apart.push(...squares.map((square, c) => (norm ? square - expected[c]! : 0)))
    }
    const { square, error } = estimateOf(apart)
    const predicted = norm ? expected.reduce((sum, value) => sum + value, 0) / CHANNELS : 0
    return { pass, predicted, square: square + predicted, error }
  }
  const drift = (): number => {
    const means = Array.from(layer.runningMean!.dataSync(), Number)
    return means.reduce((sum, mean) => sum + ((mean - MEAN) / STD) ** 2, 0) / CHANNELS
  }
  const drifts = [drift()]
  const gaps = [noGrad(() => look(0))]
  for (let pass = 1; pass <= passes; pass++) {
    noGrad(() => layer.train().forward(draw()))
    // Read at once, or what all passes have drawn would wait for the next look.
    layer.runningVar!.dataSync()
    drifts.push(drift())
    if (LOOKS.includes(pass) || pass === passes) gaps.push(noGrad(() => look(pass)))
    yield { drifts: [...drifts], gaps: [...gaps] }
  }
  yield { drifts, gaps }
}
