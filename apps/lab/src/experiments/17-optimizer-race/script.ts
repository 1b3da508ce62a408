import type { Entry, Values } from "./controls.ts"
import { entriesOf } from "./controls.ts"
import { scriptSettings } from "./settings.ts"

/** The optimizer of a runner, as a script makes it. */
function madeOf({ optimizer, rate, more }: Entry): string {
  const options = (extra = ""): string => `{ lr: ${rate}${extra}${scriptSettings(more)} }`
  switch (optimizer) {
    case "momentum":
      return `optim.sgd(p, ${options(", momentum: 0.9")})`
    case "nesterov":
      return `optim.sgd(p, ${options(", momentum: 0.9, nesterov: true")})`
    case "lookahead":
      return `optim.lookahead(optim.adam(p, ${options()}))`
    case "sam":
      return `optim.sam(optim.sgd(p, ${options()}))`
    default:
      return `optim.${optimizer}(p, ${options()})`
  }
}

function surfaceText({ surface, kappa, angle, formula }: Values): string {
  switch (surface) {
    case "quadratic":
    case "noisyQuadratic":
      return `${surface}({ condition: ${kappa}, rotation: ${angle} })`
    case "saddle":
      return `saddle({ rotation: ${angle} })`
    case "expression":
      return `expression(${JSON.stringify(formula)})`
    default:
      return `${surface}()`
  }
}

const runners = (values: Values): string =>
  entriesOf(values)
    .map((entry) => `  ["${entry.letter}", (p) => ${madeOf(entry)}],`)
    .join("\n")

function onSurface(values: Values): string {
  const { start, startX, startY, steps, seed } = values
  const own = `surface.region.map(([low, high], i) => (low + high) / 2 + ([${startX}, ${startY}][i]! * (high - low)) / 2)`
  return `import { optim, surfaces, type Tensor } from "nabla"

const surface = surfaces.${surfaceText(values)}
const start = ${start === "own" ? own : "surface.start"}
const runners: [string, (p: Tensor[]) => surfaces.Traceable][] = [
${runners(values)}
]
for (const [name, make] of runners) {
  const path = await surfaces.trace(surface, make, { start, steps: ${steps}, seed: ${seed} })
  console.log(name, path.values.at(-1), path.behaviours)
}
`
}

function onNet(values: Values): string {
  const { steps, seed } = values
  return `import { data, Generator, nn, optim, type Tensor } from "nabla"

const f64 = { dtype: "float64" } as const
const [[points, labels]] = [...new data.DataLoader(data.circle({ n: 200, seed: ${seed} }), { batchSize: 200 })]
const [x, y] = [points.to("float64"), labels.to("float64").mul(2).sub(1).reshape([200, 1])]
const runners: [string, (p: Tensor[]) => optim.Optimizer][] = [
${runners(values)}
]
for (const [name, make] of runners) {
  const layers = [[2, 4], [4, 2], [2, 1]].flatMap(([from, to]) => [nn.linear(from!, to!, f64), nn.tanh()])
  const net = nn.sequential(...layers)
  nn.init.initialize(net, "xavierUniform", { generator: new Generator(${seed}) })
  const optimizer = make(net.parameters())
  const losses: number[] = []
  for (let step = 0; step < ${steps}; step++) {
    const loss = optimizer.step(() => {
      optimizer.zeroGrad()
      const value = net.forward(x).sub(y).square().mul(0.5).mean()
      value.backward()
      return value
    })
    losses.push((loss as Tensor).itemSync())
  }
  console.log(name, losses[0], losses.at(-1))
}
`
}

/** The same race as a script. */
export const scriptOf = (values: Values): string =>
  values.surface === "net" ? onNet(values) : onSurface(values)
