import type { Values } from "./controls.ts"

/** What the experiment does with nabla, as scripts that run: one for each architecture. */
type Script = (values: Values) => string

const dense: Script = ({ seed }) => `import { data, Generator, nn, randperm, tensor } from "nabla"

const order = randperm(784, { generator: new Generator(${seed}) })
const { inputs } = data.glyphs({ n: 50, seed: ${seed} })
const x = tensor(inputs, { shape: [50, 784] })
const plain = nn.linear(784, 10)
const other = nn.linear(784, 10)
other.loadStateDict({ weight: plain.weight.indexSelect(1, order), bias: plain.bias! })
// The pixels in another order, and the weights in the same one: the same answers.
const apart = other.forward(x.indexSelect(1, order)).sub(plain.forward(x)).abs().max()
console.log(apart.itemSync())
`

const convolution: Script = ({ seed, shift }) => `import { data, manualSeed, nn, optim, roll } from "nabla"

const around = { paddingMode: "circular" } as const
manualSeed(${seed})
const nets = {
  convolutional: nn.sequential(
    nn.conv2d(1, 12, 5, { padding: 2, ...around }), nn.relu(), nn.maxPool2d(2),
    nn.conv2d(12, 48, 3, { padding: 1, ...around }), nn.relu(),
    nn.adaptiveMaxPool2d(1), nn.flatten(), nn.linear(48, 10),
  ),
  "fully connected": nn.sequential(nn.flatten(), nn.linear(784, 8), nn.relu(), nn.linear(8, 10)),
}
const train = data.glyphs({ n: 600, seed: ${seed} })
const test = data.glyphs({ n: 200, seed: ${seed}, start: 600 })
for (const [name, net] of Object.entries(nets)) {
  const optimizer = optim.adam(net.parameters(), { lr: 4e-3 })
  for (let epoch = 0; epoch < 4; epoch++)
    for (const [x, y] of new data.DataLoader(train, { batchSize: 40, shuffle: true, seed: epoch })) {
      optimizer.zeroGrad()
      nn.crossEntropy(net.forward(x), y).backward()
      optimizer.step()
    }
  const [[x, y]] = [...new data.DataLoader(test, { batchSize: 200 })]
  const right = (by: number) =>
    net.forward(roll(x, [by, by], [2, 3])).argmax(1).eq(y).to("float32").mean().itemSync()
  console.log(name, "in place:", right(0), "moved:", right(${2 * shift}))
}
`

const recurrent: Script = ({ length, seed }) => `import { manualSeed, nn, rand } from "nabla"

manualSeed(${seed})
const x = rand([64, ${length}, 2]).requiresGrad_()
for (const net of [nn.rnn(2, 24, { batchFirst: true }), nn.lstm(2, 24, { batchFirst: true })]) {
  x.grad = null
  net.forward(x)[0].select(1, -1).sum().backward()
  const sizes = x.grad!.square().mean([0, 2]).sqrt().dataSync()
  console.log("gradient at the first step:", sizes[0], "at the last:", sizes[${length} - 1])
}
`

const transformer: Script = ({ seed }) => `import { manualSeed, nn, randn } from "nabla"

manualSeed(${seed})
const layer = nn.transformerEncoderLayer(32, 4, { batchFirst: true, dropout: 0 })
const x = randn([1, 16, 32])
// In another order: the same answers, in that order.
const turned = layer.forward(x.flip(1)).flip(1)
console.log(turned.sub(layer.forward(x)).abs().max().itemSync())
`

const machine: Script = ({
  items,
  seed,
}) => `import { data, manualSeed, nn, noGrad, optim, type Tensor } from "nabla"

manualSeed(${seed})
const net = nn.neuralTuringMachine(6, 4, { slots: ${2 * items + 2}, width: 10, hidden: 32, controller: "feedforward" })
const optimizer = optim.adam(net.parameters(), { lr: 5e-3 })
const answer = (x: Tensor, y: Tensor) => net.forward(x).narrow(1, x.shape[1]! - y.shape[1]!, y.shape[1]!)
const short = data.copyTask({ bits: 4, maxLength: ${items}, batches: 400, seed: ${seed} })
const long = data.copyTask({ bits: 4, minLength: ${2 * items}, maxLength: ${2 * items}, batches: 1, seed: ${seed + 1} })
for (const [x, y] of short) {
  optimizer.zeroGrad()
  nn.bceWithLogits(answer(x, y), y).backward()
  optimizer.step()
}
for (const [x, y] of long)
  console.log("wrong bits:", noGrad(() => answer(x, y).gt(0).ne(y.gt(0)).to("float32").mean()).itemSync())
`

const scripts: Readonly<Record<string, Script>> = { dense, convolution, recurrent, transformer, machine }

export const scriptOf: Script = (values) => scripts[values.architecture]!(values)
