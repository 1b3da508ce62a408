import type { Setup, View } from "../run.ts"
import type { Values } from "../state.ts"
import { activationsOf } from "../state.ts"
import { epochsOf, formulasOf, nested, paused, rowsOf } from "./script.ts"

const activation: Readonly<Record<string, string>> = {
  tanh: "h.tanh()",
  sigmoid: "h.sigmoid()",
  linear: "h",
}

const feature: Readonly<Record<string, string>> = {
  x: "x",
  y: "y",
  xSquared: "x * x",
  ySquared: "y * y",
  xTimesY: "x * y",
  sinX: "Math.sin(x)",
  sinY: "Math.sin(y)",
}

const optimizers: Readonly<Record<string, string>> = {
  momentum: "optim.sgd(params, { lr, momentum: 0.9 })",
  nesterov: "optim.sgd(params, { lr, momentum: 0.9, nesterov: true })",
  lookahead: "optim.lookahead(optim.adam(params, { lr }))",
}

function lossOf(values: Values, lossName: string): string {
  if (values.problem === "multiclass") return "nn.crossEntropy(z, y)"
  const o = values.problem === "regression" ? "z" : "z.tanh()"
  const texts: Readonly<Record<string, string>> = {
    square: `nn.mse(${o}, y).mul(0.5)`,
    mse: `nn.mse(${o}, y)`,
    mae: `nn.l1(${o}, y)`,
    huber: `nn.huber(${o}, y)`,
    logistic: "nn.bceWithLogits(z, y.add(1).div(2))",
    hinge: "z.mul(y).neg().add(1).relu().mean()",
  }
  return texts[lossName]!
}

function forwardOf(values: Values): string[] {
  const skip = values.mode === "lab" ? values.skip : "none"
  const norm = values.mode === "lab" && values.norm !== "none"
  const names = activationsOf(values)
  const lines = names.flatMap((name, i) => [
    ...(skip === "residual" && i > 0 ? ["    before = h"] : []),
    `    h = this.layers.at(${i})!.forward(${skip === "inputs" && i > 0 ? "cat([h, x], 1)" : "h"})`,
    ...(norm ? [`    h = this.norms.at(${i})!.forward(h)`] : []),
    `    h = ${activation[name] ?? `nn.functional.${name}(h)`}`,
    ...(skip === "residual" && i > 0 ? ["    if (before.shape[1] === h.shape[1]) h = h.add(before)"] : []),
  ])
  const last = names.length
  lines.push(
    `    return this.layers.at(${last})!.forward(${skip === "inputs" && last > 0 ? "cat([h, x], 1)" : "h"})`,
  )
  return [...(skip === "residual" ? ["    let before = x"] : []), "    let h = x", ...lines]
}

function penaltyOf({ regularization: kind, regularizationRate: rate, mode }: Values): string[] {
  if (kind === "none" || rate === 0) return []
  const term = kind === "L1" ? "weight.abs().sum()" : "weight.mul(weight).sum().mul(0.5)"
  return [
    ...(kind === "L1" && mode === "playground"
      ? ["    // TensorFlow Playground also sets a weight to 0 for good when this changes its sign."]
      : []),
    `    for (const { weight } of net.layers) loss = loss.add(${term}.mul(${rate}))`,
  ]
}

/** What is on the screen as a script for nabla, which goes on from these weights. */
export function nablaScript(values: Values, view: View, setup: Setup): string {
  if (!paused(view)) return "// Pause the run: the script holds the weights of a moment.\n"
  const plain = values.mode === "playground"
  const norm = !plain && values.norm !== "none"
  const kind = { batch: "batchNorm1d", layer: "layerNorm", rms: "rmsNorm", none: "" }[values.norm as "batch"]
  const used = setup.features.filter((f) => f.used && f.name in feature).map((f) => feature[f.name]!)
  const own = formulasOf(values)
  const sizes = view.layers.map(({ inputs, bias }) => `nn.linear(${inputs}, ${bias.length}, f64)`)
  const norms = view.layers.slice(0, -1).map(({ bias }) => `nn.${kind}(${bias.length}, f64)`)
  const label =
    values.problem === "multiclass"
      ? 'tensor(rows.map(([, , label]) => label), { dtype: "int32" })'
      : "tensor(rows.map(([, , label]) => [label]), f64)"
  const make = plain
    ? "optim.sgd(params, { lr })"
    : (optimizers[values.optimizer] ?? `optim.${values.optimizer}(params, { lr })`)
  const optimizer =
    !plain && values.optimizer === "muon"
      ? [
          "const optimizers = [",
          "  optim.muon(params.filter(({ ndim }) => ndim >= 2), { lr }),",
          "  optim.adamW(params.filter(({ ndim }) => ndim < 2), { lr }),",
          "]",
        ]
      : [`const optimizers = [${make}]`]
  const state = view.state.map(
    ({ name, shape, values: v, dtype }) => `  "${name}": tensor(${nested(v, shape)}, { dtype: "${dtype}" }),`,
  )
  return `import { cat, nn, optim, surfaces, tensor, type Tensor } from "nabla"

const f64 = { dtype: "float64" } as const
type Row = readonly [x: number, y: number, label: number]
const train: Row[] = [
${rowsOf(setup.train)}
]
const test: Row[] = [
${rowsOf(setup.test)}
]

${own.length > 0 ? `const formulas = ${JSON.stringify(own)}.map((text) => surfaces.expression(text))\n` : ""}const features = ([x, y]: Row): number[] => [${[...used, ...(own.length > 0 ? ["...formulas.map((f) => f.value([x, y]))"] : [])].join(", ")}]
const inputs = (rows: readonly Row[]): Tensor => tensor(rows.map(features), f64)
const targets = (rows: readonly Row[]): Tensor => ${label}

class Net extends nn.Module {
  layers = nn.moduleList([${sizes.join(", ")}])
${norm ? `  norms = nn.moduleList([${norms.join(", ")}])\n` : ""}  forward(x: Tensor): Tensor {
${forwardOf(values).join("\n")}
  }
}

const net = new Net()
net.loadStateDict({
${state.join("\n")}
})
const lossOf = (z: Tensor, y: Tensor): Tensor => ${lossOf(values, view.lossName === "cross-entropy" ? "" : view.lossName)}
const params = [...net.parameters()]
const lr = ${Number(view.rate.toPrecision(8))}
${optimizer.join("\n")}

for (let epoch = 0; epoch < ${epochsOf(values)}; epoch++) {
  for (let at = 0; at < train.length; at += ${values.batchSize}) {
    const batch = train.slice(at, at + ${values.batchSize})
    let loss = lossOf(net.forward(inputs(batch)), targets(batch))
${penaltyOf(values)
  .map((line) => `${line}\n`)
  .join("")}    net.zeroGrad()
    loss.backward()
    for (const optimizer of optimizers) optimizer.step()
  }
  if (epoch % 10 === 9) {
    net.eval()
    const [a, b] = [train, test].map((rows) => (rows.length === 0 ? Number.NaN : lossOf(net.forward(inputs(rows)), targets(rows)).itemSync()))
    console.log(epoch + 1, "training loss", a, "test loss", b)
    net.train()
  }
}
`
}
