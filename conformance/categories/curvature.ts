/** curvature: Hessian, its products and spectrum, Fisher and Gauss–Newton matrices of small networks. */
import { type Case, expectedField, type Json, type TensorData } from "../case.ts"
import type { Checker } from "../checker.ts"
import { decodeNumber } from "../compare.ts"
import { decodeOptions, decodeTensors } from "../decode.ts"
import { requireTensor, take } from "../derivatives.ts"
import type { Interpreter } from "../python/interpreter.ts"
import { isList, PythonError, Tuple, type Value } from "../python/values.ts"
import { curvatureTolerance, type Tolerance } from "../tolerance.ts"
import { callNabla, nabla, type Tensor } from "../torch/nabla.ts"
import { createInterpreter } from "../torch/session.ts"
import { curvatureSource } from "./curvature-model.ts"
import type { RunContext } from "./registry.ts"

type Pair = [Tensor, Tensor]

/** The functions of one case, with theta, x and y left open. */
class CurvatureProblem {
  readonly theta: Tensor
  readonly x: Tensor
  readonly y: Tensor
  readonly kind: string
  readonly inputs: ReadonlyMap<string, Tensor>
  private readonly interpreter: Interpreter
  private readonly options: Map<string, Value>

  constructor(testCase: Case, { float }: RunContext) {
    this.interpreter = createInterpreter(float)
    this.interpreter.run(curvatureSource)
    this.options = new Map(decodeOptions(testCase.options, float))
    this.kind = String(this.options.get("loss"))
    this.inputs = decodeTensors(testCase.inputs, float)
    ;[this.theta, this.x, this.y] = take(this.inputs, ["theta", "x", "y"])
  }

  readonly loss = (theta: Tensor): Tensor => this.call("loss", [theta, this.x, this.y], this.options)

  readonly outputs = (theta: Tensor): Tensor => {
    const { options } = this
    const network = new Map(["sizes", "activation", "bias"].map((name) => [name, options.get(name) ?? true]))
    return this.call("network", [theta, this.x], network)
  }

  /** The gradient of each sample's own loss, without l2. */
  perSample(labels: Tensor = this.y): Tensor {
    const gradient = nabla.grad((theta, x, y) => this.call("sample_loss", [theta, x, y], this.options))
    return nabla.vmap(gradient, { inDims: [null, 0, 0] })(this.theta, this.x, labels)
  }

  jacobian(): Tensor {
    return nabla.jacobian(this.outputs, { argnums: [0] })(this.theta)[0]
  }

  gaussNewton(): Tensor {
    const keywords = new Map([["loss", this.options.get("loss") ?? null]])
    const loss = (output: Tensor, y: Tensor) => this.call("output_loss", [output, y], keywords)
    const hessians = nabla.vmap((output, y) => nabla.hessian(loss, { argnums: [0] })(output, y)[0][0])
    return this.call("gauss_newton", [this.jacobian(), hessians(this.outputs(this.theta), this.y)])
  }

  /** The expectation of g² over the labels that the model itself would draw. */
  trueFisherDiagonal(): Tensor {
    // Gaussian outputs of unit variance: the Fisher matrix is the Gauss–Newton matrix.
    if (this.kind === "half_mse") return callNabla("diagonal", this.gaussNewton())
    const classes = this.interpreter.call(this.interpreter.get("classes"), [
      this.outputs(this.theta),
      this.kind,
    ])
    const terms = (isList(classes) ? classes : []).map((entry) => {
      const [labels, weights] = pairOf(entry)
      return this.call("weighted_squares", [weights, this.perSample(labels)])
    })
    return terms.reduce((total, term) => callNabla("add", total, term))
  }

  private call(name: string, args: Value[], keywords: Map<string, Value> = new Map()): Tensor {
    return requireTensor(this.interpreter.call(this.interpreter.get(name), args, keywords))
  }
}

function pairOf(value: Value): Pair {
  if (!(value instanceof Tuple)) throw new PythonError("TypeError", "a pair expected")
  const [first, second] = value.items.map(requireTensor)
  return [first, second]
}

export function runCurvature(testCase: Case, context: RunContext, check: Checker): void {
  const problem = new CurvatureProblem(testCase, context)
  const tolerance = curvatureTolerance[context.float]
  const hessian = nabla.hessian(problem.loss, { argnums: [0] })(problem.theta)[0][0]
  const perSample = lazy(() => problem.perSample())
  const gaussNewton = lazy(() => problem.gaussNewton())

  const quantities: Record<string, () => unknown> = {
    n_params: () => problem.theta.shape[0],
    loss: () => problem.loss(problem.theta),
    outputs: () => problem.outputs(problem.theta),
    grad: () => nabla.grad(problem.loss)(problem.theta),
    hessian: () => hessian,
    hessian_diag: () => callNabla("diagonal", hessian),
    trace: () => callNabla("trace", hessian),
    frobenius_norm: () => callNabla("norm", hessian),
    jacobian_outputs: () => problem.jacobian(),
    per_sample_grads: perSample,
    empirical_fisher_diag: () => meanSquare(perSample()),
    empirical_fisher_trace: () => callNabla("sum", meanSquare(perSample())),
    true_fisher_diag: () => problem.trueFisherDiagonal(),
    gauss_newton: gaussNewton,
    gauss_newton_top_eigenvalue: () => Math.max(...spectrumOf(gaussNewton())),
  }
  for (const [name, compute] of Object.entries(quantities)) {
    const expected = expectedField<Json>(testCase, name)
    if (expected === undefined) continue
    check.attempt(name, () => check.compare(name, compute(), expected, tolerance))
  }
  const products = expectedField<TensorData[]>(testCase, "hvp") ?? []
  products.forEach((expected, at) => {
    check.attempt(`hvp[${at}]`, () => {
      const [result] = nabla.hvp(problem.loss, [problem.theta], take(problem.inputs, [`v${at}`]))
      check.compare(`hvp[${at}]`, result, expected, tolerance)
    })
  })
  check.attempt("eigenvalues", () => checkSpectrum(check, testCase, spectrumOf(hessian), tolerance))
}

function lazy<T>(compute: () => T): () => T {
  let value: { computed: T } | null = null
  return () => {
    value ??= { computed: compute() }
    return value.computed
  }
}

function meanSquare(rows: Tensor): Tensor {
  return callNabla("mean", callNabla("square", rows), 0)
}

function spectrumOf(matrix: Tensor): number[] {
  const values = callNabla("linalg.eigvalsh", matrix).dataSync()
  return Array.from(values, Number).sort((a, b) => a - b)
}

function checkSpectrum(check: Checker, testCase: Case, eigenvalues: number[], tolerance: Tolerance): void {
  const size = (value: number) => Math.abs(value)
  const lists: Record<string, number[]> = {
    eigenvalues,
    top5_algebraic: [...eigenvalues].reverse().slice(0, 5),
    top5_magnitude: [...eigenvalues].sort((a, b) => size(b) - size(a)).slice(0, 5),
  }
  for (const [name, got] of Object.entries(lists)) {
    const expected = expectedField<TensorData>(testCase, name)
    if (expected) check.compare(name, got, expected, tolerance)
  }
  const reference = expectedField<TensorData>(testCase, "eigenvalues")
  if (reference) checkDerived(check, testCase, eigenvalues, reference.data.map(decodeNumber), tolerance)
}

/**
 * The condition number and the count of negative eigenvalues can be no better than the eigenvalues that they come
 * from: each eigenvalue may lie anywhere within its own tolerance.
 */
function checkDerived(
  check: Checker,
  testCase: Case,
  got: readonly number[],
  reference: readonly number[],
  { absolute, relative }: Tolerance,
): void {
  const slack = (value: number) => absolute + relative * Math.abs(value)
  const negative = expectedField<number>(testCase, "negative_eigenvalues")
  if (negative !== undefined) {
    const surely = got.filter((value) => value < -slack(value)).length
    const perhaps = got.filter((value) => value < slack(value)).length
    const message = `expected ${negative}, got between ${surely} and ${perhaps}`
    check.require("negative_eigenvalues", surely <= negative && negative <= perhaps, message)
  }
  const condition = expectedField<number | string>(testCase, "condition_number")
  if (condition === undefined) return
  const sizes = reference.map(Math.abs)
  const [largest, smallest] = [Math.max(...sizes), Math.min(...sizes)]
  const low = (largest - slack(largest)) / (smallest + slack(smallest))
  const high =
    smallest > slack(smallest) ? (largest + slack(largest)) / (smallest - slack(smallest)) : Infinity
  const gotSizes = got.map(Math.abs)
  const ratio = Math.max(...gotSizes) / Math.min(...gotSizes)
  check.require("condition_number", low <= ratio && ratio <= high, `expected ${condition}, got ${ratio}`)
}
