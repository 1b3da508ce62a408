import type { Tensor } from "nabla"
import { data, nn, randn, tanh, tensor } from "nabla"

// Data sets and models that the cases are made of. All are small: a step takes a millisecond or two.

type Dataset = data.ArrayDataset
export type Loader = data.DataLoader
export type Model = nn.Module<readonly [Tensor], Tensor>

/** Each feature with mean 0 and deviation 1; pictures and series as a whole, so that their features stay alike. */
export function standardised(dataset: Dataset): Dataset {
  const { inputs, inputShape, length } = dataset
  const size = inputs.length / length
  const together = inputShape.length > 1
  const groups = together ? 1 : size
  const sums = new Float64Array(groups)
  const squares = new Float64Array(groups)
  const of = (i: number): number => (together ? 0 : i % size)
  const count = inputs.length / groups
  inputs.forEach((value, i) => {
    sums[of(i)]! += value / count
  })
  inputs.forEach((value, i) => {
    squares[of(i)]! += (value - sums[of(i)]!) ** 2 / count
  })
  const scaled = inputs.map((value, i) => (value - sums[of(i)]!) / (Math.sqrt(squares[of(i)]!) || 1))
  return { ...dataset, inputs: scaled }
}

export function loader(dataset: Dataset, batchSize = 32, seed = 1): Loader {
  return new data.DataLoader(dataset, {
    batchSize,
    shuffle: true,
    seed,
    dropLast: dataset.length > batchSize,
  })
}

export interface Size {
  readonly n?: number
  readonly seed?: number
  readonly noise?: number
}

/** Two classes of points in the plane. */
export function points(kind: "circle" | "gauss" | "moons" | "spiral" | "xor", size: Size = {}): Dataset {
  return standardised(data[kind]({ n: 512, ...size }))
}

/** Digits of 14 × 14 pixels. */
export function digits({ n = 512, seed = 1, start = 0 }: Size & { readonly start?: number } = {}): Dataset {
  const whole = data.glyphs({ n, seed, start })
  const inputs = new Float32Array(n * 196)
  for (let i = 0; i < inputs.length; i++) {
    const [image, row, column] = [Math.floor(i / 196), Math.floor((i % 196) / 14), i % 14]
    const at = image * 784 + row * 56 + column * 2
    for (const step of [0, 1, 28, 29]) inputs[i]! += whole.inputs[at + step]! / 4
  }
  return standardised({ ...whole, inputs, inputShape: [1, 14, 14] })
}

/** A random two-layer network's answer to normal features, with noise: a table whose last column is to be told. */
export async function table({
  n = 512,
  seed = 1,
  features = 8,
  noise = 0.1,
}: Size & { readonly features?: number } = {}): Promise<Dataset> {
  const { inputs, answers } = await tableOf({ n, seed, features, noise })
  return data.arrayDataset({
    name: "table",
    inputs,
    inputShape: [features],
    targets: answers,
    targetShape: [1],
  })
}

/** The like with classes: which third of the answers it is. */
export async function tableOfClasses(size: Size & { readonly features?: number } = {}): Promise<Dataset> {
  const { inputs, answers, features } = await tableOf({ n: 512, seed: 1, features: 8, noise: 0.1, ...size })
  const order = [...answers].sort((a, b) => a - b)
  const limits = [order[Math.floor(order.length / 3)]!, order[Math.floor((2 * order.length) / 3)]!]
  const targets = Int32Array.from(answers, (value) => limits.filter((limit) => value >= limit).length)
  return data.arrayDataset({
    ...{ name: "table", inputs, inputShape: [features], targets, targetShape: [], classes: 3 },
  })
}

async function tableOf({
  n,
  features,
  noise,
  seed,
}: Required<Size> & { readonly features: number }): Promise<{
  readonly inputs: Float32Array
  readonly answers: Float32Array
  readonly features: number
}> {
  for (let i = 0; i < seed; i++) randn([1])
  const x = randn([n, features])
  const hidden = tanh(x.matmul(randn([features, 16]).div(Math.sqrt(features))).mul(1.5))
  const clean = hidden.matmul(randn([16, 1]).div(4))
  const centred = clean.sub(clean.mean()).div(clean.std())
  const y = centred.add(randn([n, 1]).mul(noise))
  const [inputs, answers] = await Promise.all([x.data(), y.data()])
  return { inputs: Float32Array.from(inputs), answers: Float32Array.from(answers), features }
}

/** Sums of sines; the class is whether the marked two numbers add up to more than 1. */
export function series({ n = 256, seed = 1 }: Size = {}): Dataset {
  const { targets, ...rest } = data.addingProblem({ n, length: 10, seed })
  const classes = Int32Array.from(targets, (sum) => (sum > 1 ? 1 : 0))
  return standardised({ ...rest, targets: classes, targetShape: [], classes: 2 })
}

/** Reads a series [batch, steps, channels] with a GRU and answers after its last step. */
export class Reader extends nn.Module<readonly [Tensor], Tensor> {
  readonly rnn: nn.GRU
  readonly head: nn.Linear

  constructor(channels: number, hidden: number, classes: number) {
    super()
    this.rnn = nn.gru(channels, hidden, { batchFirst: true })
    this.head = nn.linear(hidden, classes)
  }

  forward(x: Tensor): Tensor {
    const [output] = this.rnn.forward(x)
    return this.head.forward(output.select(1, -1))
  }
}

export interface NetOptions extends nn.MLPOptions {
  /** Which law the weights of the layers have. Default: "heNormal", with tanh "xavierNormal". */
  readonly scheme?: "heNormal" | "xavierNormal"
}

/** A multi-layer perceptron with weights that fit its activation. */
export function net(widths: readonly number[], { scheme, ...options }: NetOptions = {}): Model {
  const model = nn.mlp(widths, options)
  const saturating = options.activation === nn.tanh || options.activation === nn.sigmoid
  nn.init.initialize(model, scheme ?? (saturating ? "xavierNormal" : "heNormal"))
  return model
}

/** A small convolutional network for digits. */
export function conv({
  norm = false,
  width = 6,
}: {
  readonly norm?: boolean
  readonly width?: number
} = {}): Model {
  const normed = (channels: number): nn.Module[] => (norm ? [nn.batchNorm2d(channels)] : [])
  const model = nn.sequential(
    nn.conv2d(1, width, 3, { padding: 1 }),
    ...normed(width),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(width, 2 * width, 3, { padding: 1 }),
    ...normed(2 * width),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(2 * width * 9, 10),
  )
  nn.init.initialize(model, "heNormal")
  return model
}

/** Rows of a table as tensors. */
export function rows(values: readonly (readonly number[])[]): Tensor {
  return tensor(values.map((row) => [...row]))
}

/** A plain loop, for trainings whose fault shows later. Gives the losses of its steps. */
export async function train(
  model: Model,
  batches: Loader,
  optimizer: { zeroGrad(): void; step(): void; readonly lr?: number },
  { epochs = 1, loss = nn.crossEntropy as (output: Tensor, target: Tensor) => Tensor, mode = true } = {},
): Promise<{ step: number; loss: number; lr: number | undefined }[]> {
  const history = []
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const [x, y] of batches) {
      model.train(mode)
      const { lr } = optimizer
      const value = loss(model.forward(x), y)
      optimizer.zeroGrad()
      value.backward()
      optimizer.step()
      history.push({ step: history.length + 1, loss: Number(await value.item()), lr })
    }
  return history
}
