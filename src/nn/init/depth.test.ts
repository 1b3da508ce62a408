import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  compile,
  Generator,
  hessian,
  linalg,
  noGrad,
  randn,
  setDefaultDevice,
  stack,
  tensor,
  update,
  zeros,
} from "../../tensor/index.ts"
import { functionalCall } from "../functional-call.ts"
import { linear, sequential, tanh } from "../layers/index.ts"
import { bceWithLogits } from "../losses/index.ts"
import type { Module } from "../module.ts"
import * as init from "./index.ts"

/** What a scheme makes of the activations of deep networks: the laws, with their bounds. */

beforeEach(() => setDefaultDevice("wasm"))

const WIDTH = 256

type Initialise = (weight: Tensor, options: { generator: Generator }) => unknown

/** Root mean squares of the activations behind each layer, for normal inputs. */
function activations(depth: number, initialise: Initialise, activate: (x: Tensor) => Tensor): Tensor[] {
  const generator = new Generator(1)
  const layers: Tensor[] = []
  let x = randn([128, WIDTH], { generator })
  for (let i = 0; i < depth; i++) {
    const weight = zeros([WIDTH, WIDTH])
    initialise(weight, { generator })
    x = activate(x.matmul(weight.t()))
    layers.push(x)
  }
  return layers
}

const rms = (x: Tensor): number => Math.sqrt(x.square().mean().itemSync())
const relu = (x: Tensor): Tensor => x.relu()
const tanhOf = (x: Tensor): Tensor => x.tanh()
const identity = (x: Tensor): Tensor => x

describe("the scale of tanh networks of ten layers", () => {
  test("σ = 0.01: signals vanish, to 10⁻⁸", () => {
    const last = activations(10, (w, o) => init.normal_(w, { std: 0.01, ...o }), tanhOf).at(-1)!
    // Each layer multiplies by σ·√256 = 0.16: 0.16¹⁰ = 1.1e-8.
    expect(rms(last) / 0.16 ** 10).toBeGreaterThan(0.7)
    expect(rms(last) / 0.16 ** 10).toBeLessThan(1.4)
  })

  test("σ = 1: nine units in ten are saturated", () => {
    const last = activations(10, init.normal_, tanhOf).at(-1)!
    const saturated = last.abs().gt(0.97).to("float32").mean().itemSync()
    expect(saturated).toBeGreaterThan(0.87)
    expect(saturated).toBeLessThan(0.92)
  })

  test("Xavier: signals stay, at 0.23", () => {
    for (const scheme of [
      init.xavierNormal_,
      init.xavierUniform_,
      init.xavierSimplified_,
      init.lecunNormal_,
    ]) {
      const last = activations(10, scheme, tanhOf).at(-1)!
      expect(rms(last)).toBeGreaterThan(0.18)
      expect(rms(last)).toBeLessThan(0.3)
    }
  })
})

describe("rectifiers", () => {
  test("He: the root mean square stays 1 within 35 % over ten layers", () => {
    for (const scheme of [init.heNormal_, init.heUniform_]) {
      const layers = activations(10, (w, o) => scheme(w, { nonlinearity: "relu", ...o }), relu)
      for (const layer of layers) {
        expect(rms(layer)).toBeGreaterThan(0.65)
        expect(rms(layer)).toBeLessThan(1.35)
      }
    }
  })

  test("Xavier: the variance halves in each layer, to 2⁻¹⁵ behind 30", () => {
    const last = activations(30, init.xavierNormal_, relu).at(-1)!
    const ratio = rms(last) / 2 ** -15
    expect(ratio).toBeGreaterThan(0.5)
    expect(ratio).toBeLessThan(2)
  })
})

describe("linear layers", () => {
  test.each([
    ["normal, σ = 0.05", (w: Tensor, o) => init.normal_(w, { std: 0.05, ...o }), 0.05 ** 2 * WIDTH],
    ["uniform on ±0.1", (w: Tensor, o) => init.uniform_(w, { a: -0.1, b: 0.1, ...o }), (0.01 / 3) * WIDTH],
    ["lecunUniform", init.lecunUniform_, 1],
    ["orthogonal with gain ½", (w: Tensor, o) => init.orthogonal_(w, { gain: 0.5, ...o }), 0.25],
  ] as [string, Initialise, number][])(
    "%s: each multiplies the variance by fan-in·σ²",
    (_, scheme, factor) => {
      activations(8, scheme, identity).forEach((layer, i) => {
        const ratio = rms(layer) / Math.sqrt(factor) ** (i + 1)
        expect(ratio).toBeGreaterThan(0.7)
        expect(ratio).toBeLessThan(1.4)
      })
    },
  )

  test("a stack of them is one linear layer", () => {
    const layers = [linear(8, 16), linear(16, 16), linear(16, 3)]
    const x = randn([32, 8], { generator: new Generator(2) })
    // W = W₃·W₂·W₁ and b = W₃·(W₂·b₁ + b₂) + b₃
    const weight = layers.map((layer) => layer.weight as Tensor).reduce((product, w) => w.matmul(product))
    const bias = layers.reduce<Tensor>((b, layer) => layer.weight.matmul(b).add(layer.bias!), zeros([8]))
    const single = x.matmul(weight.t()).add(bias)
    expect(
      sequential(...layers)
        .forward(x)
        .sub(single)
        .abs()
        .max()
        .itemSync(),
    ).toBeLessThan(1e-5)
  })
})

/** Points around (2, 2) and (−2, −2), with labels 1 and 0. */
function twoClouds(): [points: Tensor, labels: Tensor] {
  const labels = tensor(
    Float32Array.from({ length: 40 }, (_, i) => i % 2),
    { shape: [40, 1] },
  )
  return [
    randn([40, 2], { generator: new Generator(4) })
      .mul(0.7)
      .add(labels.mul(4).sub(2)),
    labels,
  ]
}

/** A step of gradient descent. */
function descend(parameters: readonly Tensor[], rate: number): void {
  noGrad(() => update(parameters.map((p) => ({ target: p, value: p.sub(p.grad!.mul(rate)) }))))
}

describe("constant weights", () => {
  test("keep the units of a layer identical for 500 steps, exactly", () => {
    const [points, labels] = twoClouds()
    const model = sequential(linear(2, 4), tanh(), linear(4, 4), tanh(), linear(4, 1))
    init.initialize(model, (w) => init.constant_(w, 0.3), { bias: 0.1 })
    const step = compile((): Tensor => {
      model.zeroGrad()
      const loss = bceWithLogits(model.forward(points), labels)
      loss.backward()
      descend(model.parameters(), 0.1)
      return loss
    })
    const first = step().itemSync()
    for (let i = 1; i < 500; i++) step()
    expect(step().itemSync()).toBeLessThan(first / 10)
    for (const [at, dim] of [
      [0, 0],
      [2, 0],
      [2, 1],
      [4, 1],
    ] as const) {
      const { weight } = model.at(at) as Module & { weight: Tensor }
      const spread = weight.amax(dim).sub(weight.amin(dim)).abs().max().itemSync()
      expect(spread).toBe(0)
    }
  }, 30_000)
})

describe("zero weights", () => {
  /** Eigenvalues below 0 of the Hessian of the loss, at weights that are all 0. */
  function descents(hidden: number): number {
    const sizes = [2, ...new Array<number>(hidden).fill(4)]
    const layers = sizes.slice(1).flatMap((size, i) => [linear(sizes[i]!, size), tanh()])
    const model = init.initialize(sequential(...layers, linear(4, 1)), "zeros").to("float64")
    const [points, labels] = twoClouds().map((t) => t.to("float64")) as [Tensor, Tensor]
    const named = model.namedParameters()
    const sizesOf = named.map(([, p]) => p.numel())
    const loss = (theta: Tensor): Tensor => {
      const parts = theta
        .split(sizesOf, 0)
        .map((part, i) => [named[i]![0], part.reshape(named[i]![1].shape)] as const)
      return bceWithLogits(functionalCall(model, Object.fromEntries(parts), points), labels)
    }
    const n = sizesOf.reduce((a, b) => a + b, 0)
    const matrix = hessian(loss)(zeros([n], { dtype: "float64" })) as Tensor
    return Array.from(linalg.eigvalsh(matrix).dataSync()).filter((value) => value < -1e-9).length
  }

  test("are a saddle with a way down for each unit, and the flatter the deeper the network", () => {
    expect([1, 2, 3].map(descents)).toEqual([4, 0, 0])
  })
})

describe("gradients by depth", () => {
  /** The root mean square of the first layer's gradient over that of the last but one. */
  function ratio(initialise: Initialise, activate: (x: Tensor) => Tensor): number {
    const generator = new Generator(3)
    const weights = Array.from({ length: 10 }, () => {
      const weight = zeros([WIDTH, WIDTH])
      initialise(weight, { generator })
      return weight.requiresGrad_()
    })
    const x = weights.reduce((h, w) => activate(h.matmul(w.t())), randn([64, WIDTH], { generator }))
    x.mul(randn(x.shape, { generator })).sum().backward()
    return rms(weights[0]!.grad!) / rms(weights[9]!.grad!)
  }

  test("sigmoid with Xavier: the first layer learns a hundred thousand times less", () => {
    const vanished = ratio(init.xavierNormal_, (x) => x.sigmoid())
    // σ′ is at most ¼: (¼)⁹ = 3.8e-6 at best.
    expect(vanished).toBeLessThan(1e-5)
    expect(vanished).toBeGreaterThan(1e-7)
  })

  test("rectifiers with He: all layers learn alike", () => {
    const even = ratio((w, o) => init.heNormal_(w, { nonlinearity: "relu", ...o }), relu)
    expect(even).toBeGreaterThan(0.5)
    expect(even).toBeLessThan(2)
  })
})

describe("stacks", () => {
  test("draw each weight anew", () => {
    const model = init.initialize(sequential(linear(4, 4), linear(4, 4)), "xavierNormal")
    const [a, b] = [model.at(0), model.at(1)].map((layer) => (layer as Module & { weight: Tensor }).weight)
    expect(stack([a!, b!]).std(0).max().itemSync()).toBeGreaterThan(0)
  })
})
