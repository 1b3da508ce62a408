import { arange, manualSeed, nn, randint, randn, type Tensor } from "nabla"
import { beforeEach, describe, expect, test } from "vitest"
import type { Model } from "./harness.ts"
import { expectSameOutputs } from "./harness.ts"

beforeEach(() => manualSeed(1))

/** A module, and the shape of an example (without the batch), or its inputs for a batch. */
type Case = readonly [make: () => Model, example: readonly number[] | ((batch: number) => readonly Tensor[])]

const line = [4, 12]
const plane = [4, 8, 10]
const space = [4, 6, 7, 8]
const vector = [6]
const sequence = [5, 8]

const sequences =
  (...steps: number[]) =>
  (n: number) =>
    steps.map((length) => randn([n, length, 8]))

const cases: Record<string, Case> = {
  linear: [() => nn.linear(6, 3), vector],
  identity: [() => nn.identity(), vector],
  bilinear: [() => nn.bilinear(6, 5, 3), (n) => [randn([n, 6]), randn([n, 5])]],
  embedding: [() => nn.embedding(10, 4), (n) => [randint(0, 10, [n, 3])]],
  embeddingBag: [() => nn.embeddingBag(10, 4), (n) => [randint(0, 10, [n, 3])]],
  cosineSimilarity: [() => nn.cosineSimilarity(), (n) => [randn([n, 6]), randn([n, 6])]],
  pairwiseDistance: [() => nn.pairwiseDistance(), (n) => [randn([n, 6]), randn([n, 6])]],

  conv1d: [() => nn.conv1d(4, 6, 3, { stride: 2, padding: 1 }), line],
  conv2d: [() => nn.conv2d(4, 6, 3, { groups: 2, dilation: 2, padding: 2 }), plane],
  "conv2d same": [() => nn.conv2d(4, 6, 4, { padding: "same" }), plane],
  "conv2d depthwise": [() => nn.conv2d(4, 8, 3, { groups: 4 }), plane],
  "conv2d reflect": [() => nn.conv2d(4, 8, 3, { padding: 1, paddingMode: "reflect" }), plane],
  conv3d: [() => nn.conv3d(4, 6, 3, { stride: 2 }), space],
  separableConv2d: [() => nn.separableConv2d(4, 6, 3), plane],
  convTranspose1d: [() => nn.convTranspose1d(4, 6, 3, { stride: 2 }), line],
  convTranspose2d: [
    () => nn.convTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    plane,
  ],
  "convTranspose2d stride 1": [() => nn.convTranspose2d(4, 6, 3, { padding: 1 }), plane],
  "convTranspose2d apart": [() => nn.convTranspose2d(4, 6, 2, { stride: 3 }), plane],
  convTranspose3d: [() => nn.convTranspose3d(4, 2, 3, { stride: 2 }), space],

  batchNorm1d: [() => nn.batchNorm1d(6), vector],
  batchNorm2d: [() => nn.batchNorm2d(4), plane],
  batchNorm3d: [() => nn.batchNorm3d(4), space],
  batchRenorm: [() => nn.batchRenorm(4), plane],
  syncBatchNorm: [() => nn.syncBatchNorm(4), plane],
  groupNorm: [() => nn.groupNorm(2, 4), plane],
  instanceNorm1d: [() => nn.instanceNorm1d(4), line],
  instanceNorm2d: [() => nn.instanceNorm2d(4, { affine: true }), plane],
  instanceNorm3d: [() => nn.instanceNorm3d(4), space],
  layerNorm: [() => nn.layerNorm([8, 10]), plane],
  rmsNorm: [() => nn.rmsNorm(10), plane],
  localResponseNorm: [() => nn.localResponseNorm(3), plane],

  maxPool1d: [() => nn.maxPool1d(3, { stride: 2, padding: 1 }), line],
  maxPool2d: [() => nn.maxPool2d(3, { stride: 2, padding: 1, dilation: 2 }), plane],
  "maxPool2d ceil": [() => nn.maxPool2d(3, { stride: 2, ceilMode: true }), plane],
  maxPool3d: [() => nn.maxPool3d(2), space],
  avgPool1d: [() => nn.avgPool1d(3, { stride: 2, padding: 1 }), line],
  avgPool2d: [() => nn.avgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }), plane],
  "avgPool2d ceil": [() => nn.avgPool2d(3, { stride: 2, ceilMode: true }), plane],
  avgPool3d: [() => nn.avgPool3d(2), space],
  lpPool1d: [() => nn.lpPool1d(2, 3), line],
  lpPool2d: [() => nn.lpPool2d(2, 2), plane],
  lpPool3d: [() => nn.lpPool3d(2, 2), space],
  adaptiveAvgPool1d: [() => nn.adaptiveAvgPool1d(5), line],
  adaptiveAvgPool2d: [() => nn.adaptiveAvgPool2d([3, 4]), plane],
  adaptiveAvgPool3d: [() => nn.adaptiveAvgPool3d(2), space],
  adaptiveMaxPool1d: [() => nn.adaptiveMaxPool1d(5), line],
  adaptiveMaxPool2d: [() => nn.adaptiveMaxPool2d([3, 4]), plane],
  adaptiveMaxPool3d: [() => nn.adaptiveMaxPool3d(2), space],
  maxUnpool1d: [() => nn.maxUnpool1d(2), (n) => [randn([n, 2, 3]), places(n, [2, 3])]],
  maxUnpool2d: [() => nn.maxUnpool2d(2), (n) => [randn([n, 2, 3, 4]), places(n, [2, 3, 4])]],
  maxUnpool3d: [() => nn.maxUnpool3d(2), (n) => [randn([n, 2, 2, 3, 2]), places(n, [2, 2, 3, 2])]],

  flatten: [() => nn.flatten(), plane],
  unflatten: [() => nn.unflatten(1, [2, 3]), vector],
  unfold: [() => nn.unfold(3, { padding: 1, stride: 2 }), plane],
  fold: [() => nn.fold([5, 6], 3, { padding: 1, stride: 2 }), [36, 9]],
  pixelShuffle: [() => nn.pixelShuffle(2), plane],
  pixelUnshuffle: [() => nn.pixelUnshuffle(2), plane],
  channelShuffle: [() => nn.channelShuffle(2), plane],
  zeroPad1d: [() => nn.zeroPad1d([1, 2]), line],
  zeroPad2d: [() => nn.zeroPad2d([1, 2, 0, 3]), plane],
  zeroPad3d: [() => nn.zeroPad3d(1), space],
  constantPad1d: [() => nn.constantPad1d([1, -2], 3), line],
  constantPad2d: [() => nn.constantPad2d(1, 3), plane],
  constantPad3d: [() => nn.constantPad3d(1, 3), space],
  reflectionPad1d: [() => nn.reflectionPad1d(2), line],
  reflectionPad2d: [() => nn.reflectionPad2d(2), plane],
  reflectionPad3d: [() => nn.reflectionPad3d(2), space],
  replicationPad1d: [() => nn.replicationPad1d(2), line],
  replicationPad2d: [() => nn.replicationPad2d(2), plane],
  replicationPad3d: [() => nn.replicationPad3d(2), space],
  circularPad1d: [() => nn.circularPad1d(2), line],
  circularPad2d: [() => nn.circularPad2d(2), plane],
  circularPad3d: [() => nn.circularPad3d(2), space],
  "upsample nearest": [() => nn.upsample({ scaleFactor: 2 }), plane],
  "upsample bilinear": [() => nn.upsample({ size: [11, 7], mode: "bilinear" }), plane],
  "upsample bicubic": [() => nn.upsample({ scaleFactor: 2, mode: "bicubic", alignCorners: true }), plane],
  upsamplingNearest2d: [() => nn.upsamplingNearest2d({ scaleFactor: 2 }), plane],
  upsamplingBilinear2d: [() => nn.upsamplingBilinear2d({ scaleFactor: 2 }), plane],

  relu: [() => nn.relu(), plane],
  relu6: [() => nn.relu6(), plane],
  leakyRelu: [() => nn.leakyRelu(), plane],
  prelu: [() => nn.prelu(), plane],
  rrelu: [() => nn.rrelu(), plane],
  threshold: [() => nn.threshold(0.1, 20), plane],
  elu: [() => nn.elu(), plane],
  selu: [() => nn.selu(), plane],
  celu: [() => nn.celu({ alpha: 0.5 }), plane],
  gelu: [() => nn.gelu(), plane],
  "gelu tanh": [() => nn.gelu({ approximate: "tanh" }), plane],
  silu: [() => nn.silu(), plane],
  mish: [() => nn.mish(), plane],
  hardswish: [() => nn.hardswish(), plane],
  hardsigmoid: [() => nn.hardsigmoid(), plane],
  hardtanh: [() => nn.hardtanh(), plane],
  hardshrink: [() => nn.hardshrink(), plane],
  softshrink: [() => nn.softshrink(), plane],
  tanhshrink: [() => nn.tanhshrink(), plane],
  softplus: [() => nn.softplus(), plane],
  softsign: [() => nn.softsign(), plane],
  sigmoid: [() => nn.sigmoid(), plane],
  logSigmoid: [() => nn.logSigmoid(), plane],
  tanh: [() => nn.tanh(), plane],
  glu: [() => nn.glu(), plane],
  maxout: [() => nn.maxout(2), plane],
  softmax: [() => nn.softmax({ dim: 2 }), plane],
  softmin: [() => nn.softmin({ dim: 1 }), plane],
  softmax2d: [() => nn.softmax2d(), plane],
  logSoftmax: [() => nn.logSoftmax({ dim: -1 }), plane],

  dropout: [() => nn.dropout(), plane],
  dropout1d: [() => nn.dropout1d(), line],
  dropout2d: [() => nn.dropout2d(), plane],
  dropout3d: [() => nn.dropout3d(), space],
  alphaDropout: [() => nn.alphaDropout(), plane],
  featureAlphaDropout: [() => nn.featureAlphaDropout(), plane],

  rnn: [() => nn.rnn(8, 6, { batchFirst: true, nonlinearity: "relu" }), sequence],
  lstm: [() => nn.lstm(8, 6, { batchFirst: true, bidirectional: true, numLayers: 2 }), sequence],
  gru: [() => nn.gru(8, 6, { batchFirst: true }), sequence],
  rnnCell: [() => nn.rnnCell(8, 6), [8]],
  lstmCell: [() => nn.lstmCell(8, 6), [8]],
  gruCell: [() => nn.gruCell(8, 6), [8]],

  multiheadAttention: [() => nn.multiheadAttention(8, 2, { batchFirst: true }), sequences(5, 6, 6)],
  transformerEncoderLayer: [() => nn.transformerEncoderLayer(8, 2, { batchFirst: true }), sequence],
  transformerDecoderLayer: [
    () => nn.transformerDecoderLayer(8, 2, { batchFirst: true, normFirst: true }),
    sequences(4, 5),
  ],
  transformerEncoder: [
    () => nn.transformerEncoder(nn.transformerEncoderLayer(8, 2, { batchFirst: true }), 2),
    sequence,
  ],
  transformerDecoder: [
    () => nn.transformerDecoder(nn.transformerDecoderLayer(8, 2, { batchFirst: true }), 2),
    sequences(4, 5),
  ],
  transformer: [
    () =>
      nn.transformer({
        dModel: 8,
        nhead: 2,
        numEncoderLayers: 1,
        numDecoderLayers: 1,
        dimFeedforward: 16,
        batchFirst: true,
      }),
    sequences(4, 5),
  ],
  sinusoidalPositions: [() => nn.sinusoidalPositions(9, 8, { batchFirst: true }), sequence],
  learnedPositions: [() => nn.learnedPositions(9, 8, { batchFirst: true }), sequence],
  rotaryPositions: [() => nn.rotaryPositions(8), sequence],

  weightNorm: [() => nn.weightNorm(nn.linear(6, 3)), vector],
  spectralNorm: [() => nn.spectralNorm(nn.linear(6, 3)), vector],
  weightStandardisation: [() => nn.weightStandardisation(nn.conv2d(4, 6, 3)), plane],
}

/** Distinct places of a plane twice as wide, for each element. */
function places(n: number, shape: readonly number[]): Tensor {
  const count = shape.slice(1).reduce((a, b) => a * b, 1)
  return randint(0, 1, [n, ...shape]).add(
    randint(0, 1, [n, shape[0]!, count])
      .add(arange(count).mul(2))
      .reshape([n, ...shape]),
  )
}

describe("modules give the same outputs in onnxruntime, for batches of other sizes than exported", () => {
  test.each(Object.keys(cases))("%s", async (name) => {
    const [make, example] = cases[name]!
    const inputs = (batch: number): readonly Tensor[] =>
      typeof example === "function" ? example(batch) : [randn([batch, ...example])]
    await expectSameOutputs(make(), [inputs(3), inputs(2)])
  })
})

/** Modules whose names say what other modules of the table show, or that are no functions of tensors alone. */
const elsewhere =
  /Loss$|^(Sequential|Flatten|AlexNet|Autoencoder|CharRNN|CifarResNet|GAN|GPT|MobileNet|NeuralTuringMachine|ResNet|UNet|VAE|VGG|ViT)$/

test("the table has every module", () => {
  const known = new Set(Object.keys(cases).map((name) => name.split(" ")[0]!.toLowerCase()))
  const missing = Object.entries(nn)
    .filter(([, value]) => typeof value === "function" && value.prototype instanceof nn.Module)
    .map(([name]) => name)
    .filter((name) => !elsewhere.test(name) && !known.has(name.toLowerCase()))
  expect(missing).toEqual([])
})
