import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import { Generator, manualSeed, ones, randn, setDefaultDevice, zeros } from "../../tensor/index.ts"
import { linear, relu, sequential, tanh } from "../layers/index.ts"
import { Module } from "../module.ts"
import { Parameter } from "../parameter.ts"
import * as init from "./index.ts"

beforeEach(() => {
  setDefaultDevice("wasm")
  manualSeed(0)
})

const values = (t: Tensor): number[] => Array.from(t.dataSync())
const rms = (x: Tensor): number => Math.sqrt(x.square().mean().itemSync())

/** A normalisation, and a table that is looked up, as far as initialisation sees them. */
class Scale extends Module {
  weight = new Parameter(ones([8]))
  bias = new Parameter(ones([8]))
  override forward(x: Tensor): Tensor {
    return x.mul(this.weight).add(this.bias)
  }
}

class Table extends Module {
  numEmbeddings = 5
  weight = new Parameter(ones([5, 8]))
  override forward(x: Tensor): Tensor {
    return this.weight.indexSelect(0, x)
  }
}

describe("initialize", () => {
  test("applies a scheme to weights, a constant to biases, and leaves the rest alone", () => {
    const model = sequential(linear(8, 8), new Scale(), new Table())
    expect(init.initialize(model, "zeros", { bias: 0.5 })).toBe(model)
    const state = model.stateDict()
    expect(values(state["0.weight"]!)).toEqual(new Array(64).fill(0))
    expect(values(state["0.bias"]!)).toEqual(new Array(8).fill(0.5))
    expect(values(state["1.weight"]!)).toEqual(new Array(8).fill(1))
    expect(values(state["1.bias"]!)).toEqual(new Array(8).fill(0.5))
    expect(values(state["2.weight"]!)).toEqual(new Array(40).fill(1))
  })

  test("takes functions, filters and generators", () => {
    const model = sequential(linear(8, 8), linear(8, 8))
    const paths: string[] = []
    const scheme = (weight: Tensor, path: string): void => {
      paths.push(path)
      init.ones_(weight)
    }
    init.initialize(model, scheme, { bias: null, filter: (path) => path.startsWith("1") })
    expect(paths).toEqual(["1.weight"])
    expect(values(model.stateDict()["1.weight"]!)).toEqual(new Array(64).fill(1))
    const draw = (): number[] =>
      values(init.initialize(model, "heNormal", { generator: new Generator(5) }).stateDict()["0.weight"]!)
    expect(draw()).toEqual(draw())
  })

  test("names a scheme that does not exist", () => {
    expect(() => init.initialize(sequential(), "he" as "heNormal")).toThrow(/heNormal[\s\S]*got:\s+he/)
  })
})

describe("lsuv_", () => {
  test("gives each layer's outputs variance 1, whatever the non-linearity and the data", async () => {
    const model = sequential(linear(32, 64), tanh(), linear(64, 64), relu(), linear(64, 10))
    const x = randn([256, 32]).mul(20).add(5)
    const variances = await init.lsuv_(model, [x])
    expect(variances).toHaveLength(3)
    let h = x
    for (const layer of model) {
      h = layer.forward(h)
      if ("weight" in layer) expect(Math.abs(h.var(null, { correction: 0 }).itemSync() - 1)).toBeLessThan(0.1)
    }
  })

  test("says which layer cannot be scaled", async () => {
    const model = sequential(linear(4, 4), linear(4, 4))
    await expect(init.lsuv_(model, [zeros([8, 4])])).rejects.toThrow(/lsuv_ › 0[\s\S]*NABLA_NON_FINITE/)
  })
})

/** x + branch(x) */
class Residual extends Module {
  branch: Module
  constructor(branch: Module) {
    super()
    this.branch = branch
  }
  override forward(x: Tensor): Tensor {
    return x.add(this.branch.forward(x))
  }
}

describe("residual networks", () => {
  test("with zero γ begin as their shortcuts", () => {
    const blocks = Array.from({ length: 3 }, () => new Residual(sequential(linear(8, 8), new Scale())))
    for (const block of blocks)
      init.zeros_((block.branch as ReturnType<typeof sequential>).at(1)!.parameters()[1]!)
    init.zeroGamma_(blocks.map((block) => block.branch))
    const x = randn([4, 8])
    expect(values(sequential(...blocks).forward(x))).toEqual(values(x))
    expect(() => init.zeroGamma_([linear(2, 2)])).toThrow(
      /a normalisation with a weight[\s\S]*Linear with weight, bias/,
    )
  })

  test("with Fixup begin as their shortcuts, with weights that shrink with the depth", () => {
    const blocks = Array.from(
      { length: 16 },
      () =>
        new Residual(sequential(linear(64, 64, { bias: false }), relu(), linear(64, 64, { bias: false }))),
    )
    const head = linear(64, 10)
    init.fixup_(
      blocks.map((block) => block.branch),
      { head },
    )
    const x = randn([4, 64])
    expect(values(sequential(...blocks).forward(x))).toEqual(values(x))
    expect(values(head.forward(x))).toEqual(new Array(40).fill(0))
    // L^(−1/2)·√(2/fanIn) for two layers a branch.
    const first = rms(blocks[0]!.parameters()[0]!)
    expect(first / (16 ** -0.5 * Math.sqrt(2 / 64))).toBeCloseTo(1, 1)
    expect(() => init.fixup_([relu()])).toThrow(/a linear layer or convolution/)
  })
})
