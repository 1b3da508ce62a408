import { cat, compile, data, Generator, nn, noGrad, optim, randn, stack, type Tensor, tensor } from "nabla"
import type { Values } from "./controls.ts"
import { PAIRS } from "./controls.ts"

const SIDE = 14
const PIXELS = SIDE * SIDE
const HIDDEN = 32
const CLASSES = 10
const TEST = 300
/** Steps between two looks at the losses. */
const EVERY = 10

/** What is known of all nets of one kind at one time, net by net. */
export interface Scores {
  readonly trainLoss: readonly number[]
  readonly testLoss: readonly number[]
  readonly trainRight: readonly number[]
  readonly testRight: readonly number[]
}

export interface Look {
  readonly step: number
  readonly plain: Scores
  readonly augmented: Scores
}

const kinds: Readonly<Record<string, (amount: number) => data.Augmentation>> = {
  affine: (a) =>
    data.randomAffine({
      degrees: 10 * a,
      translate: [0.1 * a, 0.1 * a],
      scale: [1 - 0.1 * a, 1 + 0.1 * a],
      shear: 5 * a,
    }),
  shift: (a) => data.randomAffine({ translate: [0.12 * a, 0.12 * a] }),
  grow: (a) => data.randomAffine({ degrees: 20 * a, scale: [1 - 0.2 * a, 1 + 0.2 * a] }),
  elastic: (a) => data.elasticTransform({ alpha: 12 * a, sigma: 2 }),
  noise: (a) => data.gaussianNoise({ std: 0.4 * a }),
}

export const augmentationOf = ({ kind, amount }: Values): data.Augmentation => kinds[kind]!(amount)

/** Glyphs at half their size: [n, 1, 14, 14]. */
function glyphs(n: number, seed: number): { x: Tensor; y: Tensor } {
  const set = data.glyphs({ n, seed })
  const x = tensor(set.inputs, { shape: [n, 1, 2 * SIDE, 2 * SIDE] })
  return { x: nn.functional.avgPool2d(x, 2), y: tensor(set.targets, { shape: [n], dtype: "int32" }) }
}

export interface Sheet {
  readonly columns: number
  readonly rows: number
  readonly values: Float32Array
}

/** Some images, and what becomes of them: the last row first, as grids have it. */
export function sheetOf(values: Values): Sheet {
  const { x } = glyphs(4, values.seed)
  const sheet = data
    .contactSheet(x, augmentationOf(values), { columns: 7, gap: 1, seed: values.seed })
    .clamp({ min: 0, max: 1 })
  const [, rows, columns] = sheet.shape as [number, number, number]
  return { columns, rows, values: Float32Array.from(sheet.flip([1]).dataSync() as Float32Array) }
}

/** Pairs of nets with equal starts and equal images; one of each pair sees them changed. All are trained together. */
export function* imagesOf(values: Values): globalThis.Generator<Look, void, void> {
  const { images, steps, seed, broken } = values
  const nets = 2 * PAIRS
  const train = glyphs(PAIRS * images, seed)
  const test = glyphs(TEST, seed + 1000)
  const flat = (x: Tensor): Tensor => x.reshape([PAIRS, images, PIXELS])
  const generator = new Generator(seed)
  const augment = augmentationOf(values)
  const changed = (): Tensor => flat(augment([train.x, train.y], generator)[0])
  // Broken on purpose: one changed copy of each image, again and again.
  const frozen = broken ? changed().detach() : null
  frozen?.dataSync()

  const start = (rows: number, columns: number): Tensor => {
    const drawn = randn([PAIRS, rows, columns], { generator }).mul(Math.sqrt(2 / rows))
    return cat([drawn, drawn]).detach().requiresGrad_()
  }
  const parameters = [start(PIXELS, HIDDEN), start(HIDDEN, CLASSES)]
  const shifts = [HIDDEN, CLASSES].map((size) =>
    tensor(new Float32Array(nets * size), { shape: [nets, 1, size] }).requiresGrad_(),
  )
  const forward = (x: Tensor): Tensor =>
    x.matmul(parameters[0]!).add(shifts[0]!).relu().matmul(parameters[1]!).add(shifts[1]!)
  const labels = cat([train.y, train.y])
  const optimizer = optim.adam([...parameters, ...shifts], { lr: 0.01 })
  const step = compile(() => {
    const x = cat([flat(train.x), frozen ?? changed()])
    const logits = forward(x).reshape([nets * images, CLASSES])
    // A sum over nets, so that each has the gradient of its own mean.
    const loss = nn.crossEntropy(logits, labels, { reduction: "sum" }).div(images)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    return loss
  })

  // What a net was given counts as its training images: with one changed copy of each, those copies.
  const given = cat([flat(train.x), frozen ?? flat(train.x)])
  const testImages = test.x.reshape([TEST, PIXELS])
  const testLabels = cat(Array.from({ length: nets }, () => test.y))
  const score = (x: Tensor, y: Tensor, count: number): Tensor => {
    const logits = forward(x).reshape([nets * count, CLASSES])
    const losses = nn.crossEntropy(logits, y, { reduction: "none" })
    const right = logits.argmax(1).eq(y).to("float32")
    return stack([losses, right]).reshape([2, nets, count]).mean(2)
  }
  const scores = compile(() => stack([score(given, labels, images), score(testImages, testLabels, TEST)]))
  const look = (at: number): Look => {
    const numbers = Array.from(noGrad(scores).dataSync(), Number)
    const part = (which: number, augmented: number): number[] =>
      numbers.slice(which * nets + augmented * PAIRS, which * nets + (augmented + 1) * PAIRS)
    const of = (augmented: number): Scores => ({
      trainLoss: part(0, augmented),
      trainRight: part(1, augmented),
      testLoss: part(2, augmented),
      testRight: part(3, augmented),
    })
    return { step: at, plain: of(0), augmented: of(1) }
  }
  for (let i = 0; i < steps; i++) {
    if (i % EVERY === 0) yield look(i)
    step()
  }
  yield look(steps)
}
