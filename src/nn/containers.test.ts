import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../tensor/index.ts"
import { ones, randn, setDefaultDevice, tensor, zeros } from "../tensor/index.ts"
import * as nn from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())

describe("names", () => {
  test("fields of several words are found under PyTorch's spelling where the class says so", () => {
    class Attention extends nn.Module {
      readonly inProjWeight = new nn.Parameter(ones([2]))
      readonly selfAttn = nn.linear(1, 1, { bias: false })
      protected override members(): nn.Members {
        return nn.inSnakeCase(this)
      }
      override forward(x: Tensor): Tensor {
        return x
      }
    }
    expect(Object.keys(new Attention().stateDict())).toEqual(["in_proj_weight", "self_attn.weight"])
  })

  test("what is registered is found like a field", () => {
    const layer = nn.linear(1, 1)
    layer.registerParameter("scale", new nn.Parameter(ones([3])))
    layer.registerParameter("later", null)
    layer.registerBuffer("count", new nn.Buffer(zeros([])))
    expect(Object.keys(layer.stateDict())).toEqual(["weight", "bias", "scale", "count"])
    layer.registerParameter("later", new nn.Parameter(ones([1])))
    expect(layer.namedParameters().map(([name]) => name)).toContain("later")
    expect(() => layer.registerParameter("forward", new nn.Parameter(ones([1])))).toThrow(/name is taken/)
    expect(() => layer.registerBuffer("a.b", null)).toThrow(/no name/)
    expect(() => layer.registerBuffer("", null)).toThrow(/an empty one/)
  })
})

describe("dictionaries and lists", () => {
  test("hold modules and parameters by name", () => {
    const dict = nn.moduleDict({ a: nn.linear(1, 2), b: nn.relu() })
    expect([dict.size, dict.has("a"), dict.get("c")]).toEqual([2, true, undefined])
    expect(Object.keys(dict.stateDict())).toEqual(["a.weight", "a.bias"])
    expect(dict.set("c", nn.tanh()).delete("a")).toBe(true)
    expect([...dict].map(([name]) => name)).toEqual(["b", "c"])
    expect(() => dict.set("x.y", nn.relu())).toThrow(/no name/)
    const parameters = nn.parameterDict([["w", nn.parameter(ones([1]))]])
    expect(parameters.parameters()).toEqual([parameters.get("w")])
  })

  test("a list names parameters by number", () => {
    const list = nn.parameterList([nn.parameter(ones([1]))]).push(nn.parameter(ones([2])))
    expect(list.namedParameters().map(([name]) => name)).toEqual(["0", "1"])
    expect([list.length, list.at(-1)!.shape, [...list].length]).toEqual([2, [2], 2])
  })
})

describe("backward hooks", () => {
  test("see the gradients of arguments and output", () => {
    const layer = nn.linear(2, 1, { bias: false })
    layer.loadStateDict({ weight: tensor([[2, 3]]) })
    const seen: (number[] | null)[][] = []
    const handle = layer.registerFullBackwardHook((module, gradInput, gradOutput) => {
      expect(module).toBe(layer)
      seen.push([...gradInput, ...gradOutput].map((g) => g && values(g)))
    })
    const x = ones([1, 2]).requiresGrad_()
    layer.forward(x).mul(5).sum().backward()
    expect(seen).toEqual([[[10, 15], [5]]])
    handle.remove()
    layer.forward(x).sum().backward()
    expect(seen).toHaveLength(1)
  })

  test("are called where no gradient goes further back, as in a first layer", () => {
    const layer = nn.linear(2, 1)
    let calls = 0
    layer.registerFullBackwardHook((_, gradInput, [gradOutput]) => {
      calls++
      expect(gradInput).toEqual([null])
      expect(values(gradOutput!)).toEqual([1])
    })
    layer
      .forward(ones([1, 2]))
      .sum()
      .backward()
    expect(calls).toBe(1)
    expect(layer.weight.grad).not.toBeNull()
  })

  test("may replace the gradients of the arguments, of several at once too", () => {
    class Product extends nn.Module<readonly [Tensor, number, Tensor], Tensor[]> {
      override forward(a: Tensor, factor: number, b: Tensor): Tensor[] {
        return [a.mul(b).mul(factor), a.add(1)]
      }
    }
    const module = new Product()
    module.registerFullBackwardHook((_, [a, none, b], gradOutput) => {
      expect(none).toBeNull()
      expect(gradOutput.map((g) => values(g!))).toEqual([
        [1, 1],
        [10, 10],
      ])
      return [a!.neg(), null, b!.mul(100)]
    })
    const [a, b] = [tensor([2, 3]).requiresGrad_(), tensor([5, 7]).requiresGrad_()]
    const [product, sum] = module.forward(a, 2, b)
    product!.sum().add(sum!.sum().mul(10)).backward()
    expect(values(a.grad!)).toEqual([-20, -24])
    expect(values(b.grad!)).toEqual([400, 600])
    module.registerFullBackwardHook(() => [])
    expect(() => module.forward(a, 1, b)[0]!.sum().backward()).toThrow()
  })
})

describe("summary", () => {
  const model = nn.sequential(
    nn.conv2d(1, 4, 3),
    nn.batchNorm2d(4),
    nn.relu(),
    nn.flatten(),
    nn.linear(16, 2, { dtype: "float64" }),
  )

  test("has a row for each module, with output shape, parameters and bytes", () => {
    const { rows, parameters, trainable, bytes } = nn.summary(model, [5, 1, 4, 4])
    expect(rows.map(({ path, type, outputShape }) => [path, type, outputShape])).toEqual([
      ["", "Sequential", [5, 2]],
      ["0", "Conv2d", [5, 4, 2, 2]],
      ["1", "BatchNorm2d", [5, 4, 2, 2]],
      ["2", "ReLU", [5, 4, 2, 2]],
      ["3", "Flatten", [5, 16]],
      ["4", "Linear", [5, 2]],
    ])
    expect(rows.map((row) => row.parameters)).toEqual([0, 40, 8, 0, 0, 34])
    expect([parameters, trainable]).toEqual([82, 82])
    expect(bytes).toBe(40 * 4 + 8 * 4 + 9 * 4 + 34 * 8)
    expect(rows.reduce((sum, row) => sum + row.bytes, 0)).toBe(bytes)
  })

  test("leaves the model as it was", () => {
    model.train()
    model.at(2)!.eval()
    nn.summary(model, randn([5, 1, 4, 4]))
    expect([...model].map(({ training }) => training)).toEqual([true, true, false, true, true])
    expect((model.at(1) as nn.BatchNorm2d).numBatchesTracked!.itemSync()).toBe(0)
  })

  test("reads as a table, and says what is frozen", () => {
    const frozen = nn.sequential(nn.linear(2, 600), nn.linear(600, 1)).requiresGrad_(false)
    const text = String(nn.summary(frozen, [1, 2]))
    expect(text.split("\n")[0]).toMatch(/^path +class +output +parameters +bytes$/)
    expect(text).toMatch(/^0 +Linear +\[1, 600\] +1,800 +7,200$/m)
    expect(text).toMatch(/parameters 2,401, of which 2,401 are frozen/)
  })

  test("takes several inputs, whole numbers, shared parts, and parts that do not run", () => {
    class Net extends nn.Module<readonly [Tensor, Tensor]> {
      readonly words = nn.embedding(7, 3)
      readonly twin = this.words
      readonly unused = nn.linear(1, 1)
      readonly extras = [nn.parameter(ones([5]))]
      override forward(a: Tensor, b: Tensor): Tensor {
        return this.words.forward(a).add(this.twin.forward(b))
      }
    }
    const whole = zeros([2], { dtype: "int32" })
    const { rows, parameters } = nn.summary(new Net(), [whole, whole])
    expect(parameters).toBe(21 + 2 + 5)
    expect(rows.map(({ path, parameters }) => [path, parameters])).toEqual([
      ["", 5],
      ["words", 21],
      ["unused", 2],
    ])
    expect(rows[2]!.outputShape).toBeNull()
    expect(nn.summary(nn.embedding(7, 3), [4], { dtype: "int32" }).rows[0]!.outputShape).toEqual([4, 3])
    expect(() => nn.summary(model, [5, 2, 4, 4])).toThrow(/^0: /)
  })
})
