export interface Example {
  readonly title: string
  readonly source: string
}

/** Scripts to start from. */
export const examples: readonly Example[] = [
  {
    title: "A loop of your own",
    source: `import { manualSeed, nn, optim, tensor } from "nabla"
import { moons } from "nabla/data"
import { instrument } from "nabla/diagnostics"

manualSeed(1)
const data = moons({ n: 200, noise: 0.1, seed: 1 })
const inputs = tensor(data.inputs, { shape: [200, 2] })
const targets = tensor(data.targets)
const model = nn.mlp([2, 16, 16, 2])
const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
const probe = instrument(model, { every: 10 })

for (let step = 1; step <= 300; step++) {
  const loss = nn.crossEntropy(model.forward(inputs), targets)
  if (step === 1) drawGraph(loss)
  optimizer.zeroGrad()
  loss.backward()
  optimizer.step()
  record("loss", loss)
  observe(await probe.after())
  if (step % 10 === 0) histogram("first weights", model.parameters()[0])
}
print("the last loss:", (await nn.crossEntropy(model.forward(inputs), targets).item()).toFixed(4))
`,
  },
  {
    title: "Two optimizers on a narrow valley",
    source: `import { optim, tensor, type Tensor } from "nabla"

// f(x, y) = (x² + 100 y²) / 2: the condition number is 100.
const valley = (p: Tensor): Tensor => p.square().mul(tensor([0.5, 50])).sum()

const paths = {
  "gradient descent": (p: Tensor) => optim.sgd([p], { lr: 0.0198 }),
  "heavy ball": (p: Tensor) => optim.sgd([p], { lr: 0.033, momentum: 0.67 }),
}
for (const [name, make] of Object.entries(paths)) {
  const p = tensor([10, 1], { requiresGrad: true })
  const optimizer = make(p)
  for (let step = 0; step < 200; step++) {
    optimizer.zeroGrad()
    const loss = valley(p)
    loss.backward()
    record(name, loss)
    optimizer.step()
  }
}
`,
  },
  {
    title: "Derivatives of any order",
    source: `import { grad, hessian, tensor, type Tensor } from "nabla"

const f = (x: Tensor): Tensor => x.sin().mul(x.square()).sum()
const x = tensor([0.5, 1, 2])
print("f'", grad(f)(x))
print("Hessian", hessian(f)(x))

// sin by its Taylor series at 0, one derivative after the other.
let derivative: (x: Tensor) => Tensor = (x) => x.sin()
let sum = 0
let factorial = 1
for (let n = 0; n <= 9; n++) {
  if (n > 0) factorial *= n
  sum += (await derivative(tensor(0)).item()) / factorial
  record("Taylor polynomial at 1", sum)
  record("sin 1", Math.sin(1))
  derivative = grad(derivative)
}
`,
  },
  {
    title: "How deep signals fade",
    source: `import { manualSeed, randn } from "nabla"

// Twenty tanh layers of width 128; try other scales.
const scale = 1
manualSeed(3)
let x = randn([256, 128])
for (let layer = 1; layer <= 20; layer++) {
  const w = randn([128, 128]).mul(scale / Math.sqrt(128))
  x = x.matmul(w).tanh()
  histogram("activations by layer", x)
  record("standard deviation", x.std())
}
`,
  },
]
