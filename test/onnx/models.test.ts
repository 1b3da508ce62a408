import { manualSeed, nn, randint, randn, type Tensor } from "nabla"
import { decodeOnnx } from "nabla/io"
import { beforeEach, describe, expect, test } from "vitest"
import type { Model } from "./harness.ts"
import { expectSameOutputs } from "./harness.ts"

beforeEach(() => manualSeed(1))

const image =
  (channels: number, size: number) =>
  (batch: number): Tensor =>
    randn([batch, channels, size, size])
const tokens =
  (steps: number) =>
  (batch: number): Tensor =>
    randint(0, 20, [batch, steps])

/** Small versions of all models; the input for a batch of any size. */
const models: Record<string, () => [Model, (batch: number) => Tensor]> = {
  mlp: () => [nn.mlp([4, 16, 16, 3]), (n) => randn([n, 4])],
  lenet: () => [nn.lenet(), image(1, 28)],
  resnet18: () => [nn.resnet(18, { classes: 10 }), image(3, 16)],
  cifarResnet: () => [nn.cifarResnet(20), image(3, 16)],
  "charRNN lstm": () => [charRNN("lstm"), tokens(9)],
  "charRNN gru": () => [charRNN("gru"), tokens(9)],
  "charRNN rnn": () => [charRNN("rnn"), tokens(9)],
  gpt: () => [nn.gpt({ vocabulary: 20, context: 16, layers: 2, heads: 2, width: 32 }), tokens(12)],
  vit: () => [nn.vit({ image: 32, patch: 8, width: 32, layers: 2, heads: 4, classes: 10 }), image(3, 32)],
  mobileNet: () => [nn.mobileNet({ classes: 10 }), image(3, 32)],
  unet: () => [nn.unet({ width: 8 }), image(1, 32)],
  autoencoder: () => [nn.autoencoder(12), (n) => randn([n, 12])],
}

function charRNN(cell: "rnn" | "lstm" | "gru"): Model {
  return nn.charRNN({ vocabulary: 20, cell, hidden: 16, layers: 2, embedding: 8 })
}

describe("models give the same outputs in onnxruntime, for batches of other sizes than exported", () => {
  test.each(Object.keys(models))(
    "%s",
    async (name) => {
      const [model, input] = models[name]!()
      await expectSameOutputs(model, [[input(2)], [input(3)]])
    },
    120_000,
  )
})

test("convolutions, pooling, activations and softmax are operations of their own", async () => {
  const model = nn.sequential(
    nn.conv2d(3, 8, 3, { padding: 1, stride: 2 }),
    nn.relu(),
    nn.maxPool2d(2, { padding: 1 }),
    nn.avgPool2d(2),
    nn.convTranspose2d(8, 4, 3, { stride: 2 }),
    nn.flatten(),
    nn.linear(100, 3),
    nn.softmax({ dim: 1 }),
  )
  const file = await decodeOnnx(await expectSameOutputs(model, [[image(3, 16)(2)], [image(3, 16)(3)]]))
  const names = file.nodes
    .map(({ op }) => op)
    .filter((op) => !["Add", "Mul", "Reshape", "Identity"].includes(op))
  expect(names).toEqual([
    "Conv",
    "Relu",
    "MaxPool",
    "AveragePool",
    "ConvTranspose",
    "Transpose",
    "MatMul",
    "Softmax",
  ])
  expect(file).toMatchObject({
    opset: 18,
    producer: { name: "nabla" },
    inputs: [{ shape: ["batch", 3, 16, 16] }],
  })
  expect(file.initializers.map(({ name }) => name)).toEqual(expect.arrayContaining(["0.weight", "6.bias"]))
})
