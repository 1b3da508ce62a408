/** Instruments against spectra that PyTorch has computed: all cases of the conformance suite's excerpt. */
import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import * as nn from "../../nn/index.ts"
import { noGrad, setDefaultDevice, type Tensor, tensor } from "../../tensor/index.ts"
import type { Batch, Objective } from "../objective.ts"
import { objectiveOf } from "../objective.ts"
import {
  empiricalFisherOf,
  estimateDiagonal,
  estimateTrace,
  exactMatrix,
  gaussNewtonOf,
  hessianOf,
  topEigenvalues,
} from "./index.ts"

interface Data {
  readonly shape: number[]
  readonly dtype: string
  readonly data: number[]
}

interface ReferenceCase {
  readonly name: string
  readonly options: { sizes: number[]; activation: string; loss: string; l2: number; bias: boolean }
  readonly inputs: Record<"theta" | "x" | "y", Data>
  readonly expected: Record<
    "top5_algebraic" | "gauss_newton" | "empirical_fisher_diag" | "hessian_diag",
    Data
  > & {
    trace: number
  }
}

const folder =
  process.env.NABLA_REFERENCE ?? new URL("../../../conformance/reference", import.meta.url).pathname
const cases = JSON.parse(readFileSync(`${folder}/curvature.json`, "utf8")) as ReferenceCase[]

const losses: Record<string, (o: Tensor, y: Tensor) => Tensor> = {
  mse: (o, y) => nn.mse(o, y),
  half_mse: (o, y) => o.sub(y).square().mul(0.5).sum(1).mean(),
  cross_entropy: (o, y) => nn.crossEntropy(o, y),
  bce_with_logits: (o, y) => nn.bceWithLogits(o.squeeze(1), y),
}

/** The objective of a case, with l2 and without. */
function problem({ options, inputs }: ReferenceCase): { whole: Objective; plain: Objective } {
  const activations: Record<string, () => nn.Module> = nn as never
  const layers = options.sizes.slice(1).flatMap((width, i) => {
    const linear = nn.linear(options.sizes[i]!, width, { bias: options.bias })
    return i + 2 < options.sizes.length ? [linear, activations[options.activation]!()] : [linear]
  })
  const model = nn.sequential(...(layers as nn.Linear[])).to("float64")
  const theta = tensor(inputs.theta.data, { dtype: "float64" })
  let at = 0
  noGrad(() => {
    for (const param of model.parameters()) {
      param.copy_(theta.narrow(0, at, param.numel()).reshape(param.shape))
      at += param.numel()
    }
  })
  expect(at).toBe(inputs.theta.data.length)
  const [x, y] = [inputs.x, inputs.y].map(({ shape, dtype, data }) =>
    tensor(data, { shape, dtype: dtype === "int64" ? "int32" : "float64" }),
  ) as unknown as Batch
  const loss = losses[options.loss]!
  const squares = (): Tensor =>
    model.parameters().reduce((sum, p) => p.square().sum().add(sum), tensor(0, { dtype: "float64" }))
  return {
    plain: objectiveOf(model, [x, y], { loss }),
    whole: objectiveOf(
      () => loss(model.forward(x), y).add(squares().mul(0.5 * options.l2)),
      model.parameters(),
    ),
  }
}

const close = (got: ArrayLike<number>, expected: ArrayLike<number>, relative: number): void => {
  const scale = Math.max(...Array.from(expected, Math.abs))
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(got[i]! - expected[i]!)).toBeLessThan(relative * scale)
}

test.each(cases)("$name: eigenvalues, trace, diagonals and matrices", async (reference) => {
  setDefaultDevice("wasm")
  const { expected } = reference
  const { whole, plain } = problem(reference)
  const hessian = hessianOf(whole)
  const { values, converged } = await topEigenvalues(hessian, 5)
  expect(converged).toBe(true)
  close(values, expected.top5_algebraic.data, 1e-8)
  for (const method of ["hutchinson", "hutch++"] as const) {
    const { interval } = await estimateTrace(hessian, { method, confidence: 0.999 })
    expect(interval[0]).toBeLessThanOrEqual(expected.trace + 1e-9)
    expect(interval[1]).toBeGreaterThanOrEqual(expected.trace - 1e-9)
  }
  const diagonal = await estimateDiagonal(hessian, { products: 200 })
  expected.hessian_diag.data.forEach((value, i) => {
    expect(Math.abs(diagonal.values[i]! - value)).toBeLessThan(5 * diagonal.standardErrors[i]! + 1e-9)
  })
  close(await exactMatrix(gaussNewtonOf(plain)), expected.gauss_newton.data, 1e-8)
  const fisher = await exactMatrix(empiricalFisherOf(plain))
  const n = plain.size
  close(
    Array.from({ length: n }, (_, i) => fisher[i * n + i]!),
    expected.empirical_fisher_diag.data,
    1e-8,
  )
})
