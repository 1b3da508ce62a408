import {
  arange,
  atan2,
  cat,
  fmod,
  linalg,
  manualSeed,
  nn,
  randn,
  remainder,
  sort,
  type Tensor,
  tensor,
  where,
  zeros,
} from "nabla"
import { decodeOnnx, encodeOnnx } from "nabla/io"
import { exportOnnx } from "nabla/onnx"
import { beforeEach, describe, expect, test } from "vitest"
import { expectSameOutputs } from "./harness.ts"

beforeEach(() => manualSeed(1))

/** A module of a function. */
class Of extends nn.Module<readonly Tensor[], unknown> {
  readonly compute: (...inputs: Tensor[]) => unknown
  constructor(compute: (...inputs: Tensor[]) => unknown) {
    super()
    this.compute = compute
  }
  override forward(...inputs: readonly Tensor[]): unknown {
    return this.compute(...inputs)
  }
}

const functions: Record<string, (x: Tensor, y: Tensor) => unknown> = {
  transcendental: (x) => [
    x.exp().add(x.sin()).mul(x.cos()).tanh(),
    x.abs().add(1).log().add(x.abs().log1p()).add(x.expm1()),
    x.abs().add(0.1).log2().add(x.abs().add(0.1).log10()).add(x.exp2()).add(x.erf()).add(x.erfc()),
    x.asinh().add(x.atan()).add(x.sinh()).add(x.cosh()).add(x.abs().add(1).acosh()),
  ],
  rounding: (x) => [x.floor(), x.ceil(), x.trunc(), x.round(), x.sign(), x.mul(3).to("int32")],
  remainders: (x, y) => [fmod(x, y), remainder(x, y), atan2(x, y), x.hypot(y), x.abs().pow(1.5)],
  choices: (x, y) => [
    where(x.gt(y), x, y.mul(2)),
    x.maximum(y).minimum(0.5),
    x.ne(y).logicalAnd(x.le(0)).logicalXor(y.ge(0)),
    x.clamp({ min: -0.5, max: 0.5 }),
  ],
  reductions: (x) => [
    x.sum(1),
    x.mean([0, 1]).add(x.sum()),
    x.amax(1).add(x.amin(1)),
    x.prod(1),
    x.argmax(1),
    x.gt(0).any(1),
    x.gt(0).all(1),
    x.cumsum(1),
    x.var(1),
  ],
  movement: (x, y) => [
    x.flip(1),
    x.flip(0),
    cat([x, y], 1),
    cat([x, y], 0),
    x.roll(2, 1),
    x.tile([2, 3]),
    x.narrow(1, 1, 3).transpose(0, 1),
    x.select(1, 2),
  ],
  indexing: (x) => [
    x.indexSelect(1, tensor([3, 0, 0], { dtype: "int32" })),
    x.gather(1, x.argsort(1).to("int32")),
    x.scatter(1, zeros([x.shape[0]!, 1], { dtype: "int32" }), 7),
    sort(x, 1)[0],
    x.tril(),
  ],
  matrices: (x, y) => [x.matmul(y.transpose(0, 1)), x.unsqueeze(1).matmul(y.unsqueeze(2))],
  sizes: (x) => [x.sum(0).div(x.shape[0]!), x.mul(x.shape[0]! * 2 + 1)],
  rows: (x) => x.add(arange(x.shape[0]!).reshape([-1, 1])),
}

describe("functions give the same values in onnxruntime", () => {
  test.each(Object.keys(functions))("%s", async (name) => {
    const inputs = (batch: number): Tensor[] => [randn([batch, 6]), randn([batch, 6])]
    await expectSameOutputs(new Of(functions[name] as never), [inputs(5), inputs(3)])
  })
})

describe("exportOnnx", () => {
  const model = nn.sequential(nn.linear(4, 8), nn.relu(), nn.linear(8, 3))

  test("names inputs, outputs and parameters; says which size is the batch", async () => {
    const options = {
      inputNames: ["points"],
      outputNames: ["logits"],
      name: "net",
      metadata: { classes: "a,b,c" },
    }
    const file = await decodeOnnx(await exportOnnx(model, randn([1, 4]), options))
    expect(file).toMatchObject({
      name: "net",
      metadata: { classes: "a,b,c" },
      inputs: [{ name: "points", type: "float32", shape: ["batch", 4] }],
      outputs: [{ name: "logits", type: "float32", shape: ["batch", 3] }],
    })
    const names = file.initializers.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(["0.weight", "0.bias", "2.weight", "2.bias"]))
  })

  test("takes the sizes of the example alone, or another dimension for the batch", async () => {
    const still = await decodeOnnx(await exportOnnx(model, randn([2, 4]), { batchDim: null }))
    expect(still.inputs[0]!.shape).toEqual([2, 4])
    const lstm = nn.lstm(3, 5)
    await expectSameOutputs(lstm, [[randn([6, 2, 3])], [randn([6, 4, 3])]], { batchDim: 1 })
    const pair = new Of((x, y) => x!.matmul(y!))
    const inputs = (batch: number): Tensor[] => [randn([batch, 4]), randn([4, 3])]
    await expectSameOutputs(pair, [inputs(2), inputs(5)], { batchDim: [0, null] })
  })

  test("leaves the model as it was, in training mode too", async () => {
    const net = nn.sequential(nn.linear(4, 4), nn.batchNorm1d(4), nn.dropout())
    await exportOnnx(net, randn([2, 4]))
    expect(net.modules().every(({ training }) => training)).toBe(true)
    await expectSameOutputs(net, [[randn([3, 4])]])
  })

  test("computes what depends on weights alone where ONNX has no operation for it", async () => {
    const weight = randn([3, 3])
    const inverse = new Of((x) => x!.matmul(linalg.inv(weight)))
    await expectSameOutputs(inverse, [[randn([2, 3])], [randn([4, 3])]])
  })

  test.each<[string, (x: Tensor) => unknown, string]>([
    ["an operation that ONNX does not have", (x) => x.matmul(linalg.inv(x.transpose(0, 1).matmul(x))), "lu"],
    ["random numbers", (x) => x.add(randn([4])), "random"],
    ["a look at a value", (x) => (x.sum().itemSync() > 0 ? x : x.neg()), "values"],
    ["a loop over the batch", (x) => cat(x.unbind(0).map((row) => row.mul(2))), "batch"],
    ["a number that follows the batch", (x) => x.sum(0).div(x.shape[0]! ** 2), "batch"],
    ["the shorter side of a matrix", (x) => x.diagonal(), "batch"],
    ["no tensor", () => 3, "gives no tensor"],
  ])("refuses %s", async (_, compute, words) => {
    const error = await exportOnnx(new Of(compute as never), randn([3, 4])).catch((e: unknown) => e)
    expect(error).toMatchObject({ name: "NablaError" })
    expect(String(error)).toContain(words)
  })

  test("refuses random numbers for a batch of one size too", async () => {
    const noisy = new Of((x) => x!.add(randn([4])))
    await expect(exportOnnx(noisy, randn([3, 4]), { batchDim: null })).rejects.toMatchObject({
      code: "NABLA_ONNX_UNSUPPORTED",
    })
  })

  test("says which module cannot be written", async () => {
    const net = nn.sequential(nn.linear(4, 4), new Of((x) => linalg.svd(x!)[1]) as never)
    await expect(exportOnnx(net, randn([3, 4]))).rejects.toMatchObject({
      code: "NABLA_ONNX_UNSUPPORTED",
      detail: { where: expect.stringContaining("1"), got: "svd" },
    })
  })

  test.each([
    [{ inputNames: ["a", "b"] }, "NABLA_INVALID_ARGUMENT"],
    [{ batchDim: 3 }, "NABLA_INVALID_DIM"],
    [{ dynamic: true } as object, "NABLA_INVALID_ARGUMENT"],
  ])("refuses options %j", async (options, code) => {
    await expect(exportOnnx(model, randn([1, 4]), options)).rejects.toMatchObject({ code })
  })

  test("files are read back as they were written, and damaged ones are refused", async () => {
    const bytes = await exportOnnx(model, randn([1, 4]))
    expect(await encodeOnnx(await decodeOnnx(bytes))).toEqual(bytes)
    await expect(decodeOnnx(bytes.subarray(0, 100))).rejects.toMatchObject({ code: "NABLA_FILE_FORMAT" })
    await expect(decodeOnnx(new Uint8Array(0))).rejects.toMatchObject({ code: "NABLA_FILE_FORMAT" })
  })
})
