import type { Graph, Tensor } from "nabla"
import { gradientsOf, graphOf, tensor } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import { looking, program, replaying, writing } from "./program.ts"
import { elsewhere } from "./theory.ts"

/** The program at one input, and what became of its graph. */
export interface Run {
  readonly x: number
  readonly value: number
  readonly slope: number
  /** The graph, and what it has grown to after the backward pass. */
  readonly graph: Graph
  readonly grown: Graph
  /** Nodes with y·x computed on, and what its backward pass leaves in x.grad, on top of the first one's. */
  readonly onward: { readonly nodes: number; readonly gradient: number }
  readonly curvature: number
}

/** The program at one of many inputs. */
export interface Sample {
  readonly x: number
  readonly nodes: number
  readonly slope: number
}

export interface View {
  /** At x, and at the other input. */
  readonly runs: readonly [Run, Run]
  readonly sweep: readonly Sample[]
  readonly done: boolean
}

const leaf = (x: number): Tensor => tensor(x, { dtype: "float64", requiresGrad: true })

function compute(input: Tensor, x: number, values: Values): Tensor {
  if (!values.broken) return program(input, values, looking)
  // Broken on purpose: the graph of another input, with this one put in.
  const decisions: boolean[] = []
  program(leaf(elsewhere(x, values)), values, writing(decisions))
  return program(input, values, replaying(decisions))
}

function look(x: number, values: Values): Run {
  const input = leaf(x)
  const y = compute(input, x, values)
  y.backward()
  const slope = input.grad!.itemSync()
  const graph = graphOf(y, { values: true, gradients: true })
  // The graph is still there: its derivative can be differentiated, and it can be computed on with.
  const gradient = gradientsOf(y, [input])[0]!
  const curvature = gradientsOf(gradient, [input])[0]!
  const shown = { values: true, gradients: true }
  const still = graphOf(values.grow === "second" ? [y, gradient, curvature] : y, shown)
  const onward = y.mul(input)
  onward.backward()
  return {
    x,
    value: y.itemSync(),
    slope,
    graph,
    grown: values.grow === "onward" ? graphOf(onward, shown) : still,
    onward: { nodes: graphOf(onward).nodes.length, gradient: input.grad!.itemSync() },
    curvature: curvature.itemSync(),
  }
}

function sample(x: number, values: Values): Sample {
  const input = leaf(x)
  const y = compute(input, x, values)
  return { x, nodes: graphOf(y).nodes.length, slope: gradientsOf(y, [input])[0]!.itemSync() }
}

/** Half steps, so that whole numbers and what lies between are among them. */
const SWEEP = Array.from({ length: 41 }, (_, i) => (i - 20) / 2)

export function* run(values: Values, { signal }: Session): Generator<View> {
  const runs: [Run, Run] = [look(values.x, values), look(values.other, values)]
  const sweep: Sample[] = []
  yield { runs, sweep: [], done: false }
  let pause = performance.now() + 80
  for (const x of SWEEP) {
    if (signal.aborted) return
    sweep.push(sample(x, values))
    if (performance.now() > pause) {
      yield { runs, sweep: [...sweep], done: false }
      pause = performance.now() + 80
    }
  }
  yield { runs, sweep, done: true }
}
