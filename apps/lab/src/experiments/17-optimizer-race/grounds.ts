import type { Tensor } from "nabla"
import { compile, data, Generator, grad, hessian, nn, surfaces, tensor, vmap } from "nabla"
import type { Objective } from "nabla/diagnostics"
import { objectiveOf } from "nabla/diagnostics"
import type { Values } from "./controls.ts"

/** Where they run: a surface; for a net, also its loss as a function of its parameters. */
export interface Ground {
  readonly surface: surfaces.Surface
  readonly start: readonly number[]
  readonly objective: Objective | null
}

const made: Readonly<Record<string, (values: Values) => surfaces.Surface>> = {
  rosenbrock: () => surfaces.rosenbrock(),
  quadratic: ({ kappa, angle }) => surfaces.quadratic({ condition: kappa, rotation: angle }),
  noisyQuadratic: ({ kappa, angle }) => surfaces.noisyQuadratic({ condition: kappa, rotation: angle }),
  ravine: () => surfaces.ravine(),
  plateau: () => surfaces.plateau(),
  saddle: ({ angle }) => surfaces.saddle({ rotation: angle }),
  monkeySaddle: () => surfaces.monkeySaddle(),
  beale: () => surfaces.beale(),
  himmelblau: () => surfaces.himmelblau(),
  styblinskiTang: () => surfaces.styblinskiTang(),
  rastrigin: () => surfaces.rastrigin(),
  ackley: () => surfaces.ackley(),
  expression: ({ formula }) => surfaces.expression(formula),
}

export function groundOf(values: Values): Ground {
  if (values.surface === "net") return netGround(values.seed)
  const surface = made[values.surface]!(values)
  const shares = [values.startX, values.startY]
  const own = surface.region.map(([low, high], i) => (low + high) / 2 + (shares[i]! * (high - low)) / 2)
  return { surface, start: values.start === "own" ? own : surface.start, objective: null }
}

/** ½·(o − t)², as TensorFlow Playground has it. */
const loss = (o: Tensor, t: Tensor): Tensor => o.sub(t).square().mul(0.5).mean()

/** The Playground's own net, 2-4-2-1 with tanh, on the circle. */
function netGround(seed: number): Ground {
  const f64 = { dtype: "float64" } as const
  const net = nn.sequential(
    ...[nn.linear(2, 4, f64), nn.tanh(), nn.linear(4, 2, f64), nn.tanh()],
    ...[nn.linear(2, 1, f64), nn.tanh()],
  )
  nn.init.initialize(net, "xavierUniform", { generator: new Generator(seed) })
  const [[x, labels]] = [...new data.DataLoader(data.circle({ n: 200, seed }), { batchSize: 200 })] as [
    [Tensor, Tensor],
  ]
  const y = labels.to("float64").mul(2).sub(1).reshape([200, 1])
  const objective = objectiveOf(net, [x.to("float64"), y], { loss })
  const start = objective.join(objective.params.map((param) => param.detach())).dataSync()
  return { objective, start: Array.from(start), surface: surfaceOf(objective, Array.from(start)) }
}

/** How far around its start a net's parameters are thought to go. */
const REACH = 3

/** The loss of a net as a surface of as many dimensions as it has parameters. */
function surfaceOf(objective: Objective, start: number[]): surfaces.Surface {
  const [batch] = objective.batches
  const at = (p: Tensor): Tensor => objective.lossAt(objective.split(p), batch!).reshape([])
  const [value, slope, curvature] = [compile(at), compile(grad(at)), compile(hessian(at))]
  const numbers = (t: unknown): number[] => Array.from((t as Tensor).dataSync())
  const given = (point: surfaces.Point): Tensor => tensor([...point], { dtype: "float64" })
  const n = start.length
  return {
    name: "net",
    formula: "mean of ½·(o − t)²",
    dimension: n,
    f: (points) => (points.ndim === 1 ? at(points) : (vmap(at)(points) as Tensor)),
    value: (point) => value(given(point)).itemSync(),
    gradient: (point) => numbers(slope(given(point))),
    hessian: (point) => {
      const entries = numbers(curvature(given(point)))
      return Array.from({ length: n }, (_, i) => entries.slice(i * n, (i + 1) * n))
    },
    minima: [],
    saddles: [],
    region: start.map((x) => [x - REACH, x + REACH] as const),
    start,
  }
}
