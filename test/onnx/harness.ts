import { createRequire } from "node:module"
import { noGrad, Tensor, tensor } from "nabla"
import type { ExportableModel, OnnxOptions } from "nabla/onnx"
import { exportOnnx } from "nabla/onnx"
import { expect } from "vitest"

// The package has no declarations; those of its interface are in another one that it brings.
const onnxruntime = createRequire(import.meta.url)("onnxruntime-node") as typeof import("onnxruntime-common")
type RuntimeTensor = InstanceType<typeof onnxruntime.Tensor>

export type Model = ExportableModel & { eval(): unknown }

/** All tensors of what a forward gives. */
function tensorsOf(output: unknown): Tensor[] {
  if (output instanceof Tensor) return [output]
  return typeof output === "object" && output !== null ? Object.values(output).flatMap(tensorsOf) : []
}

const toRuntime = async (t: Tensor): Promise<RuntimeTensor> =>
  new onnxruntime.Tensor(t.dtype as "float32", (await t.data()) as Float32Array, t.shape)

/** Runs a file on inputs in the order of its own. */
export async function runOnnx(file: Uint8Array, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const session = await onnxruntime.InferenceSession.create(file, { logSeverityLevel: 3 })
  const entries = session.inputNames.map(async (name, i) => [name, await toRuntime(inputs[i]!)] as const)
  const results = await session.run(Object.fromEntries(await Promise.all(entries)))
  return session.outputNames.map((name) => {
    const { data, dims } = results[name]!
    return tensor(Float64Array.from(data as Float32Array, Number), { shape: [...dims] })
  })
}

/**
 * Exports with the first inputs and holds onnxruntime's outputs to those of nabla, for these inputs and all others
 * (batches of other sizes).
 */
export async function expectSameOutputs(
  model: Model,
  batches: readonly (readonly Tensor[])[],
  options: OnnxOptions & { readonly tolerance?: number } = {},
): Promise<Uint8Array> {
  const { tolerance = 1e-5, ...exportOptions } = options
  const file = await exportOnnx(model, batches[0]!, exportOptions)
  model.eval()
  for (const inputs of batches) {
    const wanted = tensorsOf(noGrad(() => model.forward(...(inputs as never[]))))
    const got = await runOnnx(file, inputs)
    expect(got.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape))
    for (const [i, want] of wanted.entries()) {
      expect(difference(await got[i]!.data(), await want.data()), `output ${i + 1}`).toBeLessThan(tolerance)
    }
  }
  return file
}

/** The largest difference, relative where values are larger than 1. */
function difference(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let worst = 0
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i])) continue
    const error = Math.abs(got[i]! - want[i]!) / Math.max(1, Math.abs(want[i]!))
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error)
  }
  return worst
}
