import type { Setup, View } from "../messages.ts"
import type { Values } from "../state.ts"
import { activationsOf, dropoutOf, normsOf } from "../state.ts"
import { epochsOf, formulasOf, nested, paused, remarksOf, rowsOf } from "./script.ts"

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
  sam: "optim.sam(optim.sgd(params, { lr, momentum: 0.9 }))",
  newton: "optim.newton(params, { lr, absolute: true, damping: 0.01 })",
  lbfgs: 'optim.lbfgs(params, { lr, maxIter: 5, lineSearchFn: "strongWolfe" })',
  gaussNewton: "optim.gaussNewton(params, { lr, damping: 0.01 })",
  levenbergMarquardt: "optim.levenbergMarquardt(params)",
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
  const norm = normsOf(values).some((kind) => kind !== "none")
  const names = activationsOf(values)
  const lines = names.flatMap((name, i) => [
    ...(skip === "residual" && i > 0 ? ["    before = h"] : []),
    `    h = this.layers.at(${i})!.forward(${skip === "inputs" && i > 0 ? "cat([h, x], 1)" : "h"})`,
    ...(norm ? [`    h = this.norms.at(${i})!.forward(h)`] : []),
    `    h = ${activation[name] ?? `nn.functional.${name}(h)`}`,
    ...(dropoutOf(values) > 0 ? ["    h = this.dropout.forward(h)"] : []),
    ...(skip === "residual" && i > 0 ? ["    if (before.shape[1] === h.shape[1]) h = h.add(before)"] : []),
  ])
  const last = names.length
  lines.push(
    `    return this.layers.at(${last})!.forward(${skip === "inputs" && last > 0 ? "cat([h, x], 1)" : "h"})`,
  )
  return [...(skip === "residual" ? ["    let before = x"] : []), "    let h = x", ...lines]
}

/** What is minimised besides the loss. */
function penaltyOf({ regularization: kind, regularizationRate: rate, mode }: Values): string[] {
  if (kind === "none" || rate === 0) return []
  const term = kind === "L1" ? "weight.abs().sum()" : "weight.mul(weight).sum().mul(0.5)"
  return [
    ...(kind === "L1" && mode === "playground"
      ? ["// TensorFlow Playground also sets a weight to 0 for good when this changes its sign."]
      : []),
    `for (const { weight } of net.layers) loss = loss.add(${term}.mul(${rate}))`,
  ]
}

/** One step on a batch `x`, `y`: most optimizers take gradients, some take a closure that gives what they ask for. */
function stepOf(values: Values, lossName: string): string[] {
  const { optimizer, regularization, regularizationRate: rate } = values
  const kind = values.mode === "playground" ? "sgd" : optimizer
  const loss = ["let loss = lossOf(net.forward(x), y)", ...penaltyOf(values)]
  const weight = lossName === "mse" ? "Math.SQRT2" : "1"
  const o = values.problem === "regression" ? "z" : "z.tanh()"
  const inner = (lines: readonly string[]): string[] => [
    "optimizers[0]!.step(() => {",
    ...lines.map((line) => `  ${line}`),
    "})",
  ]
  if (kind === "gaussNewton" || kind === "levenbergMarquardt")
    return inner([
      "const z = net.forward(x)",
      `const own = ${o}.sub(y).flatten().mul(${weight} / Math.sqrt(y.numel()))`,
      regularization === "L2" && rate > 0
        ? `return cat([own, ...[...net.layers].map(({ weight }) => weight.flatten().mul(${Math.sqrt(rate)}))])`
        : "return own",
    ])
  if (kind === "naturalGradient") {
    const outputs = values.problem === "multiclass" || lossName === "logistic" ? "z" : `${o}.mul(${weight})`
    return inner([
      "const z = net.forward(x)",
      "let loss = lossOf(z, y)",
      ...penaltyOf(values),
      `return { loss, outputs: ${outputs} }`,
    ])
  }
  if (["sam", "sophia", "newton", "lbfgs", "hessianFree"].includes(kind))
    return inner(["net.zeroGrad()", ...loss, "loss.backward()", "return loss"])
  return [
    ...loss,
    "net.zeroGrad()",
    "loss.backward()",
    "for (const optimizer of optimizers) optimizer.step()",
  ]
}

/** What is on the screen as a script for nabla, which goes on from these weights. */
export function nablaScript(values: Values, view: View, setup: Setup): string {
  if (!paused(view)) return "// Pause the run: the script holds the weights of a moment.\n"
  const plain = values.mode === "playground"
  const kinds = normsOf(values)
  const norm = kinds.some((kind) => kind !== "none")
  const makers = { batch: "batchNorm1d", layer: "layerNorm", rms: "rmsNorm" }
  const used = setup.features.filter((f) => f.used && f.name in feature).map((f) => feature[f.name]!)
  const own = formulasOf(values)
  const sizes = view.layers.map(({ inputs, bias }) => `nn.linear(${inputs}, ${bias.length}, f64)`)
  const norms = kinds.map((kind, i) =>
    kind === "none" ? "nn.identity()" : `nn.${makers[kind]}(${view.layers[i]!.bias.length}, f64)`,
  )
  const label =
    values.problem === "multiclass"
      ? 'tensor(rows.map(([, , label]) => label), { dtype: "int32" })'
      : "tensor(rows.map(([, , label]) => [label]), f64)"
  const likelihood =
    values.problem === "multiclass" ? "categorical" : view.lossName === "logistic" ? "bernoulli" : "gaussian"
  const make = plain
    ? "optim.sgd(params, { lr })"
    : values.optimizer === "naturalGradient"
      ? `optim.naturalGradient(params, { lr, damping: 0.01, likelihood: "${likelihood}" })`
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
${norm ? `  norms = nn.moduleList([${norms.join(", ")}])\n` : ""}${dropoutOf(values) > 0 ? `  dropout = nn.dropout({ p: ${dropoutOf(values)} })\n` : ""}  forward(x: Tensor): Tensor {
${forwardOf(values).join("\n")}
  }
}

const net = new Net()
net.loadStateDict({
${state.join("\n")}
})
const lossOf = (z: Tensor, y: Tensor): Tensor => ${lossOf(values, view.lossName === "cross-entropy" ? "" : view.lossName)}
const params = [...net.parameters()]
${remarksOf(values)
  .map((line) => `// ${line}\n`)
  .join("")}const lr = ${Number(view.rate.toPrecision(8))}
${optimizer.join("\n")}

for (let epoch = 0; epoch < ${epochsOf(values)}; epoch++) {
  for (let at = 0; at < train.length; at += ${values.batchSize}) {
    const batch = train.slice(at, at + ${values.batchSize})
    const [x, y] = [inputs(batch), targets(batch)]
${stepOf(values, view.lossName)
  .map((line) => `    ${line}`)
  .join("\n")}
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
