/**
 * What instruments cost: steps of the CNN recipe's network (two 5×5 convolutions with 16 and 32 channels, ReLU and
 * pooling, batches of 64 of 28×28, Adam), without a probe and with one of each tier. The steps of all variants are taken
 * in turns, and the medians of the paired differences are printed: of a step that is looked at, and of the average step.
 */
import { compile, manualSeed, nn, optim, randint, randn, type Tensor } from "nabla"
import { instrument, type Tier } from "nabla/diagnostics"

const ROUNDS = Number(process.env.ROUNDS ?? 30)
const x = randn([64, 1, 28, 28])
const y = randint(0, 10, [64])

function training(tier: Tier | null, every?: number) {
  manualSeed(1)
  const model = nn.sequential(
    nn.conv2d(1, 16, 5, { padding: 2 }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(16, 32, 5, { padding: 2 }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(32 * 49, 10),
  )
  const optimizer = optim.adam(model.parameters(), { lr: 1e-3 })
  const probe = tier === null ? null : instrument(model, { tier, ...(every && { every }) })
  const step = compile((input: Tensor, target: Tensor) => {
    const loss = nn.crossEntropy(model.forward(input), target)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    return loss
  })
  return () => {
    const start = performance.now()
    step(x, y).itemSync()
    void probe?.after()
    return performance.now() - start
  }
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
const variants = [
  { name: "cheap", every: 10, step: training("cheap", 1) },
  { name: "default", every: 10, step: training("default", 1) },
  { name: "full", every: 1, step: training("full", 1) },
]
const bare = training(null)
for (let i = 0; i < 4; i++) for (const step of [bare, ...variants.map((it) => it.step)]) step()

const plain: number[] = []
const extra = variants.map((): number[] => [])
for (let i = 0; i < ROUNDS; i++) {
  const base = bare()
  plain.push(base)
  variants.forEach(({ step }, v) => extra[v]!.push(step() - base))
}
const base = median(plain)
console.log(`without    ${base.toFixed(2)} ms a step`)
variants.forEach(({ name, every }, v) => {
  const more = median(extra[v]!)
  const share = (more / base) * 100
  console.log(
    `${name.padEnd(10)} +${more.toFixed(2)} ms (${share.toFixed(0)} %) at a step that is looked at, ` +
      `every ${every}: +${(share / every).toFixed(1)} % of the training`,
  )
})
