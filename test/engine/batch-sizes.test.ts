import { afterAll, describe, expect, test } from "vitest"
import type { DeviceName, Tensor } from "../../src/node.ts"
import {
  compile,
  conv2d,
  grad,
  manualSeed,
  matmul,
  maxPool2d,
  NablaError,
  randn,
  setDefaultDevice,
  tensor,
} from "../../src/node.ts"

const available = (["wasm", "native"] as const).filter((name) => {
  try {
    setDefaultDevice(name)
    return true
  } catch (error) {
    if (error instanceof NablaError && error.code === "NABLA_DEVICE_UNAVAILABLE") return false
    throw error
  }
})

afterAll(() => setDefaultDevice("wasm"))

/** A perceptron and a small convolutional network: loss of a batch, and the weights. */
const networks = {
  perceptron: {
    input: [20],
    weights: [
      [20, 40],
      [40, 10],
    ],
    output: (x: Tensor, [v, w]: readonly Tensor[]): Tensor => matmul(matmul(x, v!).relu(), w!),
  },
  convolution: {
    input: [2, 8, 8],
    weights: [
      [4, 2, 3, 3],
      [64, 10],
    ],
    output: (x: Tensor, [v, w]: readonly Tensor[]): Tensor => {
      const seen = maxPool2d(conv2d(x, v!, undefined, { padding: 1 }).relu(), 2) as Tensor
      return matmul(seen.flatten(1), w!)
    },
  },
} as const

const SIZES = [32, 32, 32, 13, 13, 8, 1, 32, 13]

/** Losses and sums of the gradients for batches of several sizes, in a plain loop or with a compiled step. */
function run(name: keyof typeof networks, device: DeviceName, compiled: boolean): number[] {
  const { input, weights: shapes, output } = networks[name]
  setDefaultDevice("reference")
  manualSeed(3)
  const data = (shape: readonly number[]): Tensor => {
    const values = randn([...shape]).mul(0.3)
    return tensor(values.dataSync(), { shape: [...shape] })
  }
  const weights = shapes.map(data)
  const batches = SIZES.map((size) => data([size, ...input]))
  setDefaultDevice(device)
  const loss = (v: Tensor, w: Tensor, x: Tensor): Tensor => {
    const scores = output(x, [v, w])
    return scores.logSoftmax(1).square().mean().add(scores.var(1).sum().mul(0.01))
  }
  const step = (x: Tensor): Tensor[] => {
    const [v, w] = weights as [Tensor, Tensor]
    const slopes = grad(loss, { argnums: [0, 1] })(v, w, x) as unknown as Tensor[]
    return [loss(v, w, x), ...slopes.map((slope) => slope.abs().sum())]
  }
  const f = compiled ? compile(step) : step
  return batches.flatMap((x) => f(x).map((value) => value.itemSync()))
}

describe.each(available)("on %s batches of all sizes give the values of the reference", (device) => {
  test.each(["perceptron", "convolution"] as const)("%s", (name) => {
    const want = run(name, "reference", false)
    for (const compiled of [false, true]) {
      const got = run(name, device, compiled)
      got.forEach((value, i) =>
        expect(Math.abs(value - want[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(want[i]!))),
      )
    }
  })
})
