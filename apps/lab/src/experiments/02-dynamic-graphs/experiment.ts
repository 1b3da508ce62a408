import type { Reading } from "../experiment.ts"
import { agrees, defineExperiment } from "../experiment.ts"
import { controls, MOST_TURNS } from "./controls.ts"
import type { View } from "./run.ts"
import { expected } from "./theory.ts"

/** Some roundings in double precision, of sines and of powers. */
const ROUNDING = 1e-12

const exactly = (name: string, measured: number, predicted: number): Reading => ({
  name,
  predicted,
  measured,
  holds: measured === predicted,
  tolerance: "exactly",
})

const close = (measured: number, predicted: number): boolean =>
  Math.abs(measured - predicted) <= ROUNDING * Math.abs(predicted)

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "A program says: if x > 0 take x·x·x, else take sin x. What is the graph that the derivative is computed from?",
    options: [
      ["both", "one graph that holds both branches"],
      ["own", "for each input a graph of its own, with the branch that ran"],
      ["neither", "there is none: an if has no derivative"],
    ],
    outcome: ({ runs: [one, other] }, { program, x, other: second, threshold }) => {
      // Inputs that go the same way decide nothing.
      if (program !== "branch" || x > threshold === second > threshold) return null
      const ops = [one, other].map(({ graph }) => graph.nodes.map(({ op }) => op).join(" "))
      return ops[0] === ops[1] ? "both" : "own"
    },
  },
  laws: [
    {
      name: "The graph is what ran",
      statement:
        "One node for the input, and one for each operation that was carried out. Conditions and branches that were not taken leave nothing.",
      formula: String.raw`|V(x)|=1+\#\{\text{operations that ran at }x\}`,
      check: ({ runs, sweep, done }, values) => {
        const readings = runs.map(({ x, graph }) =>
          exactly(`nodes at x = ${x}`, graph.nodes.length, expected(x, values).nodes),
        )
        if (!done) return readings
        const right = sweep.filter(({ x, nodes }) => nodes === expected(x, values).nodes)
        return [...readings, exactly("inputs from −10 to 10 with so many nodes", right.length, sweep.length)]
      },
    },
    {
      name: "The derivative is that of the branch",
      statement:
        "Between the places where it changes its way the program is an ordinary formula, and its gradient is that formula's.",
      formula: String.raw`\begin{gathered}\text{if}:\ \frac{d}{dx}x^3=3x^2,\quad \frac{d}{dx}\sin x=\cos x\\ \text{loop of }k\text{ turns}:\ \frac{d}{dx}(2^kx)^p=p\,2^{pk}x^{p-1}\end{gathered}`,
      check: ({ runs, sweep, done }, values) => {
        const readings = runs.map(({ x, slope }) =>
          agrees(`gradient at x = ${x}`, slope, expected(x, values).slope, ROUNDING, "double precision"),
        )
        if (!done) return readings
        const right = sweep.filter(({ x, slope }) => close(slope, expected(x, values).slope))
        return [...readings, exactly("inputs from −10 to 10 with this gradient", right.length, sweep.length)]
      },
    },
    {
      name: "The graph can grow after a backward pass",
      statement:
        "A backward pass uses up nothing. What is computed on with hangs on to the same graph, and the gradient is a graph too, which can be differentiated.",
      formula: String.raw`\begin{gathered}z=y\,x\ \Rightarrow\ x.\mathrm{grad}=y'+(y+x\,y')\\ \frac{d}{dx}\Big(\frac{dy}{dx}\Big)=y''\end{gathered}`,
      check: ({ runs: [one] }, values) => {
        const { nodes, value, slope, curvature } = expected(one.x, values)
        // Terms of different sign may cancel: the sizes of the terms count.
        const size = 2 * Math.abs(slope) + Math.abs(value) + Math.abs(one.x * slope)
        const sum = slope + value + one.x * slope
        return [
          exactly("nodes of y·x", one.onward.nodes, nodes + 1),
          {
            name: "x.grad after both backward passes",
            predicted: sum,
            measured: one.onward.gradient,
            holds: Math.abs(one.onward.gradient - sum) <= ROUNDING * size,
            tolerance: `within ${ROUNDING} of the terms: double precision`,
          },
          agrees("second derivative", one.curvature, curvature, ROUNDING, "double precision"),
        ]
      },
    },
  ],
  see: [
    "Two inputs, two graphs. Below c only the sine is there, above it only the two products. With the loop, each doubling is a node: halve the input and the graph grows by one. Drag in the picture of the counts: the graph jumps where the program changes its way, and is the same shape everywhere else.",
    "Choose what happens after the backward pass: the framed nodes are those that came later.",
  ],
  why: [
    "nabla records operations as they are called. The if and the while are JavaScript's own; by the time that an operation is called they have been decided, so the record is a straight line of operations, which the chain rule can be applied to.",
    "That is why a recorded graph must not be replayed blindly for another input: it has forgotten that there was a question. The switch does just that, and both the value and the gradient are those of a branch that should not have run. (nabla’s compile refuses to record a program that looks at a value which it has computed.)",
    `At the very place where the way changes there may be no derivative; the program gives that of the branch that it takes. The loop stops after ${MOST_TURNS} turns in any case, since zero can be doubled for ever.`,
  ],
  scenes: [
    { title: "An if: two inputs, two graphs", values: {} },
    {
      title: "A loop: the smaller the input, the longer the graph",
      values: { program: "loop", x: 0.4, other: 3 },
    },
    { title: "A loop and an if: the sign decides at the end", values: { program: "loop", x: 2, other: -2 } },
    {
      title: "Computed on after the backward pass",
      values: { program: "loop", x: 3, other: -3, grow: "onward" },
    },
    { title: "The gradient has a graph too", values: { grow: "second" } },
    { title: "Frozen: the branch of another input is replayed", values: { broken: true } },
  ],
  code: ({
    program,
    x,
    threshold,
    limit,
  }) => `import { gradientsOf, graphOf, type Tensor, tensor } from "nabla"

function f(x: Tensor): Tensor {
${
  program === "branch"
    ? `  if (x.itemSync() > ${threshold}) return x.mul(x).mul(x)
  return x.sin()`
    : `  let y = x
  for (let turn = 0; turn < ${MOST_TURNS} && Math.abs(y.itemSync()) < ${limit}; turn++) y = y.mul(2)
  return y.itemSync() > 0 ? y.mul(y) : y.mul(y).mul(y)`
}
}

const x = tensor(${x}, { dtype: "float64", requiresGrad: true })
const y = f(x)
y.backward()
console.log("what ran:", graphOf(y).nodes.map(({ op }) => op).join(" → "))
console.log("gradient:", x.grad!.itemSync())
const [slope] = gradientsOf(y, [x])
console.log("second derivative:", gradientsOf(slope!, [x])[0]!.itemSync())
`,
  sources: [
    {
      title: "Paszke et al., Automatic differentiation in PyTorch (2017)",
      url: "https://openreview.net/forum?id=BJJsrmfCZ",
    },
    {
      title: "Tokui et al., Chainer: a next-generation open source framework for deep learning (2015)",
    },
    {
      title:
        "Baydin, Pearlmutter, Radul and Siskind, Automatic differentiation in machine learning: a survey (2018)",
      url: "https://arxiv.org/abs/1502.05767",
    },
  ],
})
