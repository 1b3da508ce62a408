import type { Reading } from "../experiment.ts"
import { defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import { gradientByRecursion, MOST_CALLS } from "./recursion.ts"
import type { View } from "./run.ts"
import { callsOf, visits } from "./theory.ts"
import { nameOf } from "./words.ts"

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const counted = (name: string, measured: number, predicted: number): Reading => ({
  name,
  predicted,
  measured,
  holds: measured === predicted,
  tolerance: "exactly",
})

/** More derivatives than these are put together in one line of the table. */
const SHOWN = 6

/** Each derivative against differences of values: nothing but the function itself was needed for those. */
function againstDifferences({ tape, reverse, differences }: View): Reading[] {
  const all = differences.flatMap((row, output) =>
    row.map(({ value, error }, input): Reading => {
      const measured = reverse[output]!.result[input]!
      const which = tape.outputs.length === 1 ? "" : `${output + 1}`
      return {
        name: `∂f${which}/∂${nameOf(tape, input)}, by differences and by reverse mode`,
        predicted: value,
        measured,
        holds: Math.abs(measured - value) <= error,
        tolerance: `within ${error.toPrecision(2)}: how far the differences themselves are off`,
      }
    }),
  )
  if (all.length <= SHOWN) return all
  return [
    {
      name: "derivatives that agree with differences",
      predicted: all.length,
      measured: all.filter(({ holds }) => holds).length,
      holds: all.every(({ holds }) => holds),
      tolerance: "each within what the differences themselves are off",
    },
  ]
}

/** The largest distance between entries, in units of the largest entry. */
function apart(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  const pairs = a.flatMap((row, i) => row.map((value, j) => [value, b[i]![j]!] as const))
  const size = Math.max(...pairs.flat().map(Math.abs), Number.MIN_VALUE)
  return Math.max(...pairs.map(([one, other]) => Math.abs(one - other))) / size
}

/** Sums of products in another order: some rounding errors for each of at most 40 operations. */
const ROUNDING = 1e-12

const same = (name: string, measured: number): Reading => ({
  name,
  predicted: 0,
  measured,
  holds: measured <= ROUNDING,
  tolerance: `at most ${ROUNDING}: rounding in another order`,
})

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "A function of two inputs has one output, and you want both derivatives. How often does one have to pass over its graph: backward from the output, and forward from the inputs?",
    options: [
      ["once-once", "once either way"],
      ["once-twice", "once backward, or twice forward"],
      ["twice-once", "twice backward, or once forward"],
    ],
    outcome: ({ reverse, forward }) => {
      const counts = `${reverse.length} ${forward.length}`
      return counts === "1 1"
        ? "once-once"
        : counts === "1 2"
          ? "once-twice"
          : counts === "2 1"
            ? "twice-once"
            : null
    },
  },
  laws: [
    {
      name: "Backward: one pass for each output. Forward: one for each input",
      statement:
        "A backward pass gives a row of the Jacobian, a forward pass a column. Each visits an operation at most once, and only those that hang together with its start.",
      formula: String.raw`\begin{gathered}\bar x=J^\top e_k\quad\text{row }k\text{ of }m\\ \dot y=J\,e_i\quad\text{column }i\text{ of }n\end{gathered}`,
      check: ({ tape, reverse, forward }) => {
        const predicted = visits(tape)
        return [
          counted("backward passes for all derivatives", reverse.length, tape.outputs.length),
          counted(
            "operations that they visited",
            sum(reverse.map(({ order }) => order.length)),
            predicted.reverse,
          ),
          counted("forward passes for all derivatives", forward.length, tape.inputs),
          counted(
            "operations that they visited",
            sum(forward.map(({ order }) => order.length)),
            predicted.forward,
          ),
        ]
      },
    },
    {
      name: "The derivative is a sum over all ways",
      statement:
        "Each way from an input to the output counts with the product of its local derivatives. Both modes, the recursion and differences of values give the same.",
      formula: String.raw`\frac{\partial y}{\partial x}=\sum_{\text{ways }x\to\dots\to y}\ \prod_{a\to b}\frac{\partial v_b}{\partial v_a}`,
      check: (view) => {
        const rows = view.reverse.map(({ result }) => result)
        const columns = view.forward.map(({ result }) => result)
        const recursive = view.tape.outputs.map((output) => gradientByRecursion(view, output))
        const readings = [
          ...againstDifferences(view),
          same(
            "largest distance of forward mode from reverse mode",
            apart(
              rows,
              rows.map((_, k) => columns.map((column) => column[k]!)),
            ),
          ),
        ]
        if (recursive.some((found) => found === null)) return readings
        return [
          ...readings,
          same(
            "largest distance of the recursion from reverse mode",
            apart(
              rows,
              recursive.map((found) => found!.gradient),
            ),
          ),
          counted(
            "calls of the recursion: one for each way",
            sum(recursive.map((found) => found!.calls)),
            sum(view.tape.outputs.map((output) => callsOf(view.tape, output))),
          ),
        ]
      },
    },
  ],
  see: [
    "One calculation in three views. The graph: every operation is a node, and its arrows carry local derivatives. The recursion: each tensor passes on what comes from above, times the local derivative, to the tensors that it was made from. The tensors: what your program holds in the end. Step forward through the values, then backward: a gradient is complete when everything that uses the node has handed its part back. Then forward once more with tangents, once for each input.",
  ],
  why: [
    "Every operation knows its own derivative, and the chain rule joins them: $\\bar v=\\sum_{w\\text{ uses }v}\\bar w\\,\\partial w/\\partial v$ going back, $\\dot w=\\sum_v\\dot v\\,\\partial w/\\partial v$ going forward. No formula is rearranged and no difference is taken, so the result is exact but for rounding.",
    "A loss has one value and a network has millions of weights: one pass backward gives all derivatives, where forward mode would need a pass for each weight. With few inputs and many outputs it is the other way round.",
    `The recursion walks every way on its own, and their number can double with each operation. A pass in the order of the graph adds up first and visits each operation once. (The page follows the recursion as long as it has at most ${MOST_CALLS.toLocaleString("en-US")} calls.)`,
  ],
  scenes: [
    { title: "Forward: the values of ln x₁ + x₁x₂ − sin x₂ at (2, 5)", values: { phase: "values", step: 0 } },
    { title: "Backward, node by node", values: { phase: "reverse", step: 0 } },
    { title: "Backward, done: the gradient is (5.5, 1.716)", values: {} },
    { title: "Forward with tangents, from x₁", values: { phase: "forward", step: 0 } },
    {
      title: "A neuron: four inputs, one loss",
      values: { functions: "(tanh(x1*x3 + x2*x4) - 1)^2", at: "0.5, -1, 2, 0.3" },
    },
    {
      title: "One input, three outputs: forward mode wins",
      values: { functions: "exp(-x1)*cos(4*x1); exp(-x1)*sin(4*x1); exp(-x1)", at: "0.5", phase: "forward" },
    },
    {
      title: "Five tangents inside each other: 32 ways to x₁, 15 operations",
      values: { functions: "tan(tan(tan(tan(tan(x1)))))", at: "0.3" },
    },
  ],
  code: ({ functions, at }) => {
    const inputs = at.split(",").map((text) => Number(text))
    const texts = functions.split(";").map((text) => text.trim())
    const coordinates = inputs.map((_, i) => `x${i + 1}`)
    return `import { graphOf, jacfwd, jacrev, jvp, stack, surfaces, tensor, type Tensor, vjp } from "nabla"

const trees = ${JSON.stringify(texts.filter((text) => text !== ""))}.map((text) => surfaces.parseExpression(text, ${JSON.stringify(coordinates)}))
const f = (x: Tensor): Tensor => stack(trees.map((tree) => surfaces.evaluateExpression(tree, x.unbind())))
const x = tensor(${JSON.stringify(inputs)}, { dtype: "float64", requiresGrad: true })
const unit = (size: number) => tensor([1, ...new Array(size - 1).fill(0)], { dtype: "float64" })

const [y, pull] = vjp(f, x) as [Tensor, (cotangent: Tensor) => Tensor[]]
console.log("values", y.dataSync())
console.log("one pass backward, from the first output:", pull(unit(trees.length))[0].dataSync())
console.log("one pass forward, from the first input:", (jvp(f, [x], [unit(${inputs.length})])[1] as Tensor).dataSync())
console.log("all passes backward:", jacrev(f)(x).dataSync())
console.log("all passes forward:", jacfwd(f)(x).dataSync())
console.log("nodes:", graphOf(f(x)).nodes.map(({ op }) => op).join(" "))
`
  },
  sources: [
    {
      title:
        "Baydin, Pearlmutter, Radul and Siskind, Automatic differentiation in machine learning: a survey (2018)",
      url: "https://arxiv.org/abs/1502.05767",
    },
    {
      title: "Griewank and Walther, Evaluating derivatives (2008)",
      url: "https://doi.org/10.1137/1.9780898717761",
    },
    {
      title: "Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (1986)",
      url: "https://doi.org/10.1038/323533a0",
    },
  ],
})
