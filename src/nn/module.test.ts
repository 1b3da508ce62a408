import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { grad, ones, randn, setDefaultDevice, setKernelChecks, tensor, zeros } from "../tensor/index.ts"
import {
  Buffer,
  flatten,
  functionalCall,
  linear,
  Module,
  moduleList,
  mse,
  Parameter,
  relu,
  sequential,
  tanh,
} from "./index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())

class Block extends Module {
  readonly linear1 = linear(4, 4)
  readonly scale = new Parameter(ones([4]))
  readonly mean = new Buffer(zeros([4]))
  readonly scratch = new Buffer(zeros([1]), { persistent: false })

  override forward(x: Tensor): Tensor {
    return this.linear1.forward(x).mul(this.scale)
  }
}

class Encoder extends Module {
  readonly layers = moduleList([new Block(), new Block()])

  override forward(x: Tensor): Tensor {
    let h = x
    for (const layer of this.layers) h = layer.forward(h)
    return h
  }
}

class Net extends Module {
  readonly encoder = new Encoder()
  readonly heads = { a: linear(4, 2), b: [linear(4, 3)] }

  override forward(x: Tensor): Tensor {
    return this.heads.a.forward(this.encoder.forward(x))
  }
}

describe("what a module holds", () => {
  test("parameters in fields, lists and objects have the paths of PyTorch", () => {
    const names = new Net().namedParameters().map(([name]) => name)
    expect(names).toEqual([
      "encoder.layers.0.scale",
      "encoder.layers.0.linear1.weight",
      "encoder.layers.0.linear1.bias",
      "encoder.layers.1.scale",
      "encoder.layers.1.linear1.weight",
      "encoder.layers.1.linear1.bias",
      "heads.a.weight",
      "heads.a.bias",
      "heads.b.0.weight",
      "heads.b.0.bias",
    ])
  })

  test("modules and children have names", () => {
    const net = new Net()
    expect(net.namedChildren().map(([name]) => name)).toEqual(["encoder", "heads.a", "heads.b.0"])
    expect(net.namedModules().map(([path]) => path)).toEqual([
      "",
      "encoder",
      "encoder.layers",
      "encoder.layers.0",
      "encoder.layers.0.linear1",
      "encoder.layers.1",
      "encoder.layers.1.linear1",
      "heads.a",
      "heads.b.0",
    ])
  })

  test("shared parts count once among parameters, and under each name in the state dictionary", () => {
    class Tied extends Module {
      readonly a = linear(2, 2, { bias: false })
      readonly b = this.a
      override forward(x: Tensor): Tensor {
        return this.b.forward(this.a.forward(x))
      }
    }
    const tied = new Tied()
    expect(tied.parameters()).toEqual([tied.a.weight])
    expect(Object.keys(tied.stateDict())).toEqual(["a.weight", "b.weight"])
  })

  test("a module that refers to its owner does not loop", () => {
    class Part extends Module {
      owner: Module | null = null
      readonly weight = new Parameter(ones([1]))
      override forward(x: Tensor): Tensor {
        return x.mul(this.weight)
      }
    }
    class Whole extends Module {
      readonly part = new Part()
      override forward(x: Tensor): Tensor {
        return this.part.forward(x)
      }
    }
    const whole = new Whole()
    whole.part.owner = whole
    expect(whole.parameters()).toEqual([whole.part.weight])
  })

  test("buffers are not parameters; those that do not persist are not in the state dictionary", () => {
    const block = new Block()
    expect(block.namedBuffers().map(([name]) => name)).toEqual(["mean", "scratch"])
    expect(Object.keys(block.stateDict())).toEqual(["scale", "mean", "linear1.weight", "linear1.bias"])
  })

  test("a frozen parameter stays a parameter", () => {
    const layer = linear(2, 2).requiresGrad_(false)
    expect(layer.parameters()).toHaveLength(2)
    layer
      .forward(ones([1, 2]).requiresGrad_())
      .sum()
      .backward()
    expect(layer.weight.grad).toBeNull()
    layer.requiresGrad_()
    layer
      .forward(ones([1, 2]))
      .sum()
      .backward()
    expect(values(layer.weight.grad!)).toEqual([1, 1, 1, 1])
  })
})

describe("modes", () => {
  test("train and eval reach all parts", () => {
    const net = new Net()
    expect(net.eval()).toBe(net)
    expect(net.modules().map(({ training }) => training)).not.toContain(true)
    net.train()
    expect(net.modules().map(({ training }) => training)).not.toContain(false)
  })

  test("apply goes from the inside out", () => {
    const seen: string[] = []
    sequential(linear(1, 1), sequential(relu())).apply((module) => seen.push(module.constructor.name))
    expect(seen).toEqual(["ReLU", "Sequential", "Linear", "Sequential"])
  })

  test("zeroGrad forgets gradients", () => {
    const layer = linear(2, 2)
    layer
      .forward(ones([1, 2]))
      .sum()
      .backward()
    expect(layer.weight.grad).not.toBeNull()
    layer.zeroGrad()
    expect([layer.weight.grad, layer.bias!.grad]).toEqual([null, null])
  })

  test("to converts floating tensors and keeps them leaves", () => {
    const block = new Block().to("float64")
    expect(Object.values(block.stateDict()).map(({ dtype }) => dtype)).not.toContain("float32")
    block
      .forward(ones([1, 4], { dtype: "float64" }))
      .sum()
      .backward()
    expect(block.scale.grad!.dtype).toBe("float64")
  })
})

describe("hooks", () => {
  test("see arguments and output in the order of the calls, and can be removed", () => {
    const model = sequential(linear(2, 3), tanh())
    const seen: string[] = []
    const handles = model.namedModules().map(([path, module]) =>
      module.registerForwardHook((m, args, output) => {
        expect(m).toBe(module)
        seen.push(`${path}: ${(args[0] as Tensor).shape} → ${(output as Tensor).shape}`)
      }),
    )
    model.forward(ones([5, 2]))
    expect(seen).toEqual(["0: 5,2 → 5,3", "1: 5,3 → 5,3", ": 5,2 → 5,3"])
    for (const handle of handles) handle.remove()
    model.forward(ones([5, 2]))
    expect(seen).toHaveLength(3)
  })

  test("may replace arguments and output", () => {
    const layer = relu()
    layer.registerForwardPreHook((_, [x]) => [(x as Tensor).neg()])
    layer.registerForwardHook((_, __, y) => (y as Tensor).add(1))
    expect(values(layer.forward(tensor([-2, 3])))).toEqual([3, 1])
  })

  test("super.forward is the forward of the class above, without hooks", () => {
    let calls = 0
    class Twice extends Block {
      override forward(x: Tensor): Tensor {
        return super.forward(super.forward(x))
      }
    }
    const twice = new Twice()
    twice.registerForwardHook(() => {
      calls++
    })
    expect(twice.forward(ones([1, 4])).shape).toEqual([1, 4])
    expect(calls).toBe(1)
  })
})

describe("errors in forward", () => {
  const caught = (f: () => unknown): NablaError => {
    try {
      f()
    } catch (error) {
      return error as NablaError
    }
    throw new Error("nothing was thrown")
  }

  test("name the path of the module once", () => {
    const net = new Net()
    net.encoder.layers.at(1)!.linear1.weight = new Parameter(ones([4, 128]))
    const error = caught(() => net.forward(ones([1, 4])))
    expect(error.code).toBe("NABLA_SHAPE_MISMATCH")
    expect(error.detail.where).toBe("encoder.layers.1.linear1")
    expect(error.message).toMatch(/^encoder\.layers\.1\.linear1: expected last dimension 128, got 4/)
  })

  test("name the class of a module that was called by itself", () => {
    const error = caught(() => linear(3, 2).forward(ones([1, 4])))
    expect(error.detail.where).toBe("Linear")
  })

  test("leave no trace for the next call", () => {
    const net = new Net()
    expect(() => net.forward(ones([1, 3]))).toThrow(/encoder\.layers\.0\.linear1/)
    expect(() => net.heads.a.forward(ones([1, 3]))).toThrow(/^Linear/)
  })

  test("of other kinds pass as they are", () => {
    class Bad extends Module {
      override forward(): Tensor {
        throw new RangeError("mine")
      }
    }
    expect(() => sequential(new Bad()).forward(ones([1]))).toThrow(RangeError)
  })

  test("a module without forward says so", () => {
    const list = moduleList([relu()]) as unknown as Module
    expect(() => list.forward(ones([1]))).toThrow(/ModuleList: the module has no forward/)
  })
})

describe("state dictionaries", () => {
  test("carry a model's values to another one", () => {
    const [a, b] = [new Net(), new Net()]
    const report = b.loadStateDict(a.stateDict())
    expect(report).toEqual({ missingKeys: [], unexpectedKeys: [] })
    const x = randn([3, 4])
    expect(values(b.forward(x))).toEqual(values(a.forward(x)))
    b.forward(x).sum().backward()
    expect(b.heads.a.weight.grad).not.toBeNull()
  })

  test("copy: neither side changes with the other", () => {
    const [a, b] = [linear(2, 1, { bias: false }), linear(2, 1, { bias: false })]
    const given = tensor([[1, 2]])
    a.loadStateDict({ weight: given })
    b.loadStateDict(a.stateDict())
    a.loadStateDict({ weight: tensor([[7, 7]]) })
    a.loadStateDict({ weight: tensor([[8, 8]]) })
    expect([values(a.weight), values(b.weight), values(given)]).toEqual([
      [8, 8],
      [1, 2],
      [1, 2],
    ])
  })

  test("keep the model's own types", () => {
    const layer = linear(2, 1, { bias: false })
    layer.loadStateDict({ weight: tensor([[1, 2]], { dtype: "float64" }) })
    expect(layer.weight.dtype).toBe("float32")
  })

  test("that do not fit are an error with every key, and change nothing", () => {
    const model = sequential(linear(2, 2), relu(), linear(2, 2))
    const before = values(model.parameters()[0]!)
    const state = {
      "0.weight": ones([2, 2]),
      "2.weight": ones([3, 2]),
      "2.bias": ones([5]),
      "3.weight": ones([1]),
      extra: ones([1]),
    }
    expect(() => model.loadStateDict(state)).toThrow(
      /missing: 0\.bias\n.*unexpected: 3\.weight, extra\n.*misshapen: 2\.weight \(expected \[2, 2\], got \[3, 2\]\), 2\.bias \(expected \[2\], got \[5\]\)/,
    )
    expect(values(model.parameters()[0]!)).toEqual(before)
  })

  test("may be incomplete when they are not taken strictly", () => {
    const layer = linear(1, 1)
    const report = layer.loadStateDict({ bias: tensor([5]), other: ones([1]) }, { strict: false })
    expect(report).toEqual({ missingKeys: ["weight"], unexpectedKeys: ["other"] })
    expect(values(layer.bias!)).toEqual([5])
    expect(() => layer.loadStateDict({ bias: ones([2]) }, { strict: false })).toThrow(/misshapen: bias/)
  })

  test("hold tensors and nothing else", () => {
    const state = { weight: [1] as unknown as Tensor }
    expect(() => linear(1, 1, { bias: false }).loadStateDict(state)).toThrow(
      /weight \(expected a tensor, got object\)/,
    )
  })
})

describe("functionalCall", () => {
  test("computes with the given parameters and puts the module's own back", () => {
    const layer = linear(2, 1)
    const { node } = layer.weight
    const out = functionalCall(layer, { weight: tensor([[1, 2]]), bias: tensor([3]) }, tensor([[10, 20]]))
    expect(out.itemSync()).toBe(53)
    expect(layer.weight.node).toBe(node)
    expect(layer.weight.requiresGrad).toBe(true)
  })

  test("passes derivatives to the given parameters, also when they are the module's own", () => {
    const layer = linear(2, 1, { bias: false })
    const [x, y] = [tensor([[1, 2]]), tensor([[0]])]
    const loss = (weight: Tensor): Tensor => mse(functionalCall(layer, { weight }, x), y)
    const slope = grad(loss)(layer.weight) as Tensor
    mse(layer.forward(x), y).backward()
    expect(values(slope)).toEqual(values(layer.weight.grad!))
  })

  test("puts parameters back after an error", () => {
    const layer = linear(2, 1)
    const { node } = layer.weight
    expect(() => functionalCall(layer, { weight: ones([1, 3]) }, ones([1, 2]))).toThrow()
    expect(layer.weight.node).toBe(node)
  })

  test("refuses names that the module does not have", () => {
    expect(() => functionalCall(flatten(), { weight: ones([1]) }, ones([1, 2]))).toThrow(
      /no parameter or buffer weight/,
    )
  })
})
