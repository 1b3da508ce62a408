import { describe, expect, test } from "vitest"
import { DataLoader, spiral } from "../data/index.ts"
import * as nn from "../nn/index.ts"
import * as optim from "../optim/index.ts"
import { manualSeed, rand, type Tensor } from "../tensor/index.ts"
import { accuracy } from "./metrics/index.ts"
import { TrainingStep } from "./step.ts"

const points = spiral({ n: 60, seed: 1 })
const batches = [...new DataLoader(points, { batchSize: 20 })]

function training(model: nn.Module, capture: boolean) {
  const optimizer = optim.adam(model.parameters(), { lr: 0.05 })
  const loss = (output: Tensor, target: Tensor) => nn.crossEntropy(output, target)
  return { optimizer, step: new TrainingStep({ model, loss, metrics: { accuracy }, optimizer, capture }) }
}

const weights = (model: nn.Module) => model.parameters().map((parameter) => [...parameter.dataSync()])

const run = (step: TrainingStep, count: number): number[][] =>
  Array.from({ length: count }, (_, i) => [...step.take(batches[i % batches.length]!).dataSync()])

class Net extends nn.Module {
  hidden = nn.linear(2, 8)
  out = nn.linear(8, 2)
  calls = 0
  forward(x: Tensor): Tensor {
    this.calls++
    return this.out.forward(this.hidden.forward(x).tanh())
  }
}

function net<M extends nn.Module>(type: new () => M): M {
  manualSeed(4)
  return new type()
}

describe("a training step", () => {
  test("is captured, and gives the bits of the plain one", () => {
    const [fast, plain] = [net(Net), net(Net)]
    expect(run(training(fast, true).step, 9)).toEqual(run(training(plain, false).step, 9))
    expect(weights(fast)).toEqual(weights(plain))
    expect(plain.calls).toBe(9)
    // Plainly, captured, and captured again to compare.
    expect(fast.calls).toBe(3)
  })

  test("runs as it is written while a module has hooks", () => {
    const model = net(Net)
    const { step } = training(model, true)
    run(step, 4)
    let seen = 0
    const handle = model.hidden.registerForwardHook(() => void seen++)
    run(step, 5)
    handle.remove()
    run(step, 5)
    expect(seen).toBe(5)
  })

  test("notices parameters that are frozen and options that change", () => {
    const models = [net(Net), net(Net)]
    for (const [i, model] of models.entries()) {
      const { step, optimizer } = training(model, i === 0)
      run(step, 4)
      optimizer.paramGroups[0]!.lr = 0.2
      run(step, 2)
      optimizer.paramGroups[0]!.betas = [0.5, 0.9]
      run(step, 4)
      model.hidden.requiresGrad_(false)
      run(step, 4)
    }
    expect(weights(models[0]!)).toEqual(weights(models[1]!))
  })

  class Curious extends Net {
    override forward(x: Tensor): Tensor {
      const y = super.forward(x)
      return y.abs().amax().itemSync() > 1e6 ? y.div(2) : y
    }
  }

  class Fickle extends Net {
    override forward(x: Tensor): Tensor {
      const y = super.forward(x)
      return this.calls % 2 === 0 ? y : y.mul(1.5)
    }
  }

  class Drawing extends Curious {
    override forward(x: Tensor): Tensor {
      return super.forward(x.add(rand(x.shape)))
    }
  }

  test.each([Curious, Drawing])("that cannot be captured runs plainly, with the same bits: %o", (type) => {
    const [asked, plain] = [training(net(type), true), training(net(type), false)]
    manualSeed(8)
    const got = run(asked.step, 6)
    manualSeed(8)
    expect(got).toEqual(run(plain.step, 6))
    expect(asked.step.obstacle?.detail.message).toContain("a value was asked for")
  })

  test("that does something else each time is found out", () => {
    const { step } = training(net(Fickle), true)
    run(step, 4)
    expect(step.obstacle?.code).toBe("NABLA_CAPTURE")
  })
})
