import { describe, expect, test } from "vitest"
import { manualSeed, rand, randn, type Tensor, zeros } from "../../tensor/index.ts"
import * as nn from "../index.ts"

const count = (model: nn.AnyModule): number =>
  model.parameters().reduce((sum, parameter) => sum + parameter.numel(), 0)

/** Numbers of parameters from the papers, and from torchvision 0.14 where it has the model. */
const published: [string, () => nn.AnyModule, number][] = [
  ["lenet", () => nn.lenet(), 61_706],
  ["alexnet of torchvision", () => nn.alexNet(), 61_100_840],
  ["alexnet of the paper", () => nn.alexNet({ variant: "paper" }), 60_965_224],
  ["vgg11", () => nn.vgg(11), 132_863_336],
  ["vgg16 with batch norm", () => nn.vgg(16, { batchNorm: true }), 138_365_992],
  ["vgg19", () => nn.vgg(19), 143_667_240],
  ["resnet18", () => nn.resnet(18), 11_689_512],
  ["resnet34", () => nn.resnet(34), 21_797_672],
  ["resnet50", () => nn.resnet(50), 25_557_032],
  ["resnet20 for 32×32", () => nn.cifarResnet(20), 272_474],
  ["mobilenet v2", () => nn.mobileNet(), 3_504_872],
  ["unet", () => nn.unet(), 31_030_658],
  ["gpt2", () => nn.gpt({ vocabulary: 50_257 }), 124_439_808],
  ["vit b/16", () => nn.vit(), 86_567_656],
]

test.each(published)("%s has the published number of parameters", (_, make, expected) => {
  expect(count(make())).toBe(expected)
})

test("state dictionaries have torchvision's keys", () => {
  expect(Object.keys(nn.resnet(18).stateDict()).slice(0, 14)).toEqual([
    "conv1.weight",
    "bn1.weight",
    "bn1.bias",
    "bn1.running_mean",
    "bn1.running_var",
    "bn1.num_batches_tracked",
    "layer1.0.conv1.weight",
    "layer1.0.bn1.weight",
    "layer1.0.bn1.bias",
    "layer1.0.bn1.running_mean",
    "layer1.0.bn1.running_var",
    "layer1.0.bn1.num_batches_tracked",
    "layer1.0.conv2.weight",
    "layer1.0.bn2.weight",
  ])
  const keys = Object.keys(nn.resnet(50, { classes: 3 }).stateDict())
  expect(keys).toContain("layer2.0.downsample.1.running_var")
  expect(keys.slice(-2)).toEqual(["fc.weight", "fc.bias"])
  expect(Object.keys(nn.alexNet({ variant: "small" }).stateDict()).at(-1)).toBe("classifier.6.bias")
  expect(Object.keys(nn.mobileNet({ width: 0.25 }).stateDict())).toContain("features.18.1.running_mean")
})

const images = (channels: number, size: number) => randn([2, channels, size, size])
const tokens = (steps: number) => zeros([3, steps], { dtype: "int32" })

/** Small versions of every model, with an input and the shape of the output. */
const small: [string, () => nn.Module, () => Tensor, number[]][] = [
  ["mlp", () => nn.mlp([12, 8, 3], { batchNorm: true, dropout: 0.1 }), () => images(3, 2), [2, 3]],
  ["linear regression", () => nn.linearRegression(5), () => randn([7, 5]), [7, 1]],
  ["logistic regression", () => nn.logisticRegression(5, 4), () => randn([7, 5]), [7, 4]],
  ["lenet", () => nn.lenet(), () => images(1, 28), [2, 10]],
  ["alexnet", () => nn.alexNet({ variant: "small", classes: 4, channels: 1 }), () => images(1, 32), [2, 4]],
  ["vgg", () => nn.vgg(11, { classes: 4, pooled: 1, hidden: 8 }), () => images(3, 32), [2, 4]],
  ["resnet", () => nn.resnet(18, { classes: 4, zeroInitResidual: true }), () => images(3, 32), [2, 4]],
  ["cifar resnet", () => nn.cifarResnet(20), () => images(3, 32), [2, 10]],
  ["mobilenet", () => nn.mobileNet({ classes: 4, width: 0.25, stride: 1 }), () => images(3, 32), [2, 4]],
  ["unet", () => nn.unet({ width: 4, depth: 2, batchNorm: true }), () => images(1, 16), [2, 2, 16, 16]],
  ["autoencoder", () => nn.autoencoder(16, { hidden: [8], latent: 2 }), () => images(1, 4), [2, 1, 4, 4]],
  ["char-rnn", () => nn.charRNN({ vocabulary: 9, hidden: 6, cell: "rnn" }), () => tokens(5), [3, 5, 9]],
  [
    "gpt",
    () => nn.gpt({ vocabulary: 9, context: 8, layers: 2, heads: 2, width: 8 }),
    () => tokens(8),
    [3, 8, 9],
  ],
  [
    "vit",
    () => nn.vit({ image: 16, patch: 4, width: 8, layers: 2, heads: 2, classes: 4 }),
    () => images(3, 16),
    [2, 4],
  ],
  [
    "ntm",
    () => nn.neuralTuringMachine(5, 3, { slots: 6, width: 4, hidden: 7, readHeads: 2, writeHeads: 2 }),
    () => randn([2, 4, 5]),
    [2, 4, 3],
  ],
  [
    "ntm, feedforward",
    () => nn.neuralTuringMachine(5, 3, { slots: 6, width: 4, hidden: 7, controller: "feedforward" }),
    () => randn([2, 4, 5]),
    [2, 4, 3],
  ],
]

describe.each(small)("%s", (_, make, input, shape) => {
  test("gives outputs of the right shape, and every parameter learns", () => {
    manualSeed(1)
    const model = make()
    const output = model.forward(input())
    expect(output.shape).toEqual(shape)
    output.mul(randn(shape)).sum().backward()
    const idle = model.namedParameters().filter(([, { grad }]) => grad === null)
    expect(idle.map(([name]) => name)).toEqual([])
    for (const [, { grad }] of model.namedParameters())
      expect(grad!.dataSync().every(Number.isFinite)).toBe(true)
  })
})

describe("vae", () => {
  test("draws codes in training, takes their means in evaluation", () => {
    manualSeed(2)
    const model = nn.vae(16, { hidden: [8], latent: 2 })
    const x = rand([3, 1, 4, 4])
    const outputs = () => [...model.forward(x).reconstruction.dataSync()]
    expect(outputs()).not.toEqual(outputs())
    model.eval()
    expect(outputs()).toEqual(outputs())
    expect(model.decode(zeros([5, 2])).shape).toEqual([5, 16])
  })

  test("its loss is the divergence of the codes and the likelihood of the input", () => {
    const [mean, logVariance] = [zeros([2, 3]).add(1), zeros([2, 3]).add(Math.log(2))]
    const output = { reconstruction: zeros([2, 4]), mean, logVariance }
    const divergence = 0.5 * 3 * (1 + 2 - Math.log(2) - 1)
    expect(nn.vaeLoss(output, rand([2, 4])).itemSync()).toBeCloseTo(4 * Math.log(2) + divergence, 5)
  })
})

describe("gan", () => {
  test("each player's gradient comes from its own loss alone", () => {
    manualSeed(3)
    const model = nn.gan({ image: 8, width: 4, latent: 3 })
    const images = rand([4, 1, 8, 8])
    const gradients = (loss: (output: nn.GANOutput) => Tensor) => {
      manualSeed(9)
      model.zeroGrad()
      loss(model.forward(images)).backward()
      const of = (part: nn.AnyModule) => part.parameters().map(({ grad }) => [...(grad?.dataSync() ?? [])])
      return { generator: of(model.generator), discriminator: of(model.discriminator) }
    }
    const both = gradients(nn.ganLoss)
    const generator = gradients(({ fooled }) => fooled.neg().exp().add(1).log().mean())
    const discriminator = gradients(({ real, fake }) =>
      real.neg().exp().add(1).log().add(fake.exp().add(1).log()).mean(),
    )
    expect(generator.discriminator.flat()).toEqual([])
    expect(discriminator.generator.flat()).toEqual([])
    both.generator.flat().forEach((g, i) => expect(g).toBeCloseTo(generator.generator.flat()[i]!, 5))
    both.discriminator
      .flat()
      .forEach((g, i) => expect(g).toBeCloseTo(discriminator.discriminator.flat()[i]!, 5))
  })
})

describe("a neural Turing machine", () => {
  test("has heads whose weights are distributions", () => {
    manualSeed(4)
    const machine = nn.neuralTuringMachine(5, 3, { slots: 6, width: 4, hidden: 7, readHeads: 2 })
    const { output, readWeights, writeWeights } = machine.trace(randn([2, 4, 5]))
    expect([output.shape, readWeights.shape, writeWeights.shape]).toEqual([
      [2, 4, 3],
      [2, 4, 2, 6],
      [2, 4, 1, 6],
    ])
    for (const weights of [readWeights, writeWeights]) {
      expect(Math.min(...weights.dataSync())).toBeGreaterThanOrEqual(0)
      for (const sum of weights.sum(-1).dataSync()) expect(sum).toBeCloseTo(1, 5)
    }
  })
})

test.each([
  ["one width", () => nn.mlp([4]), /two widths/],
  [
    "features that heads cannot share",
    () => nn.gpt({ vocabulary: 5, width: 10, heads: 3 }),
    /multiple of heads/,
  ],
  ["an image of no whole patches", () => nn.vit({ image: 30, patch: 16 }), /multiple of 16/],
  ["an unknown controller", () => nn.neuralTuringMachine(2, 2, { controller: "gru" as "lstm" }), /lstm/],
  [
    "an image that cannot be halved",
    () => nn.unet({ width: 2 }).forward(randn([1, 1, 20, 20])),
    /multiples of 16/,
  ],
  [
    "too many tokens",
    () => nn.gpt({ vocabulary: 5, context: 4, width: 8, heads: 2, layers: 1 }).forward(tokens(5)),
    /at most 4/,
  ],
  [
    "an input of other channels",
    () => nn.neuralTuringMachine(2, 2).forward(randn([1, 2, 3])),
    /\[batch, steps, 2\]/,
  ],
])("%s is an error that says so", (_, f, message) => {
  expect(f).toThrow(message)
})
