import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../../tensor/index.ts"
import { gradcheck, ones, randn, setDefaultDevice, sum, tensor, zeros } from "../../../tensor/index.ts"
import * as nn from "../../index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())

describe("convolutions", () => {
  test("a transposed convolution is the adjoint: ⟨conv(x), y⟩ = ⟨x, convTranspose(y)⟩", () => {
    for (const options of [
      {},
      { stride: 2 },
      { padding: 1 },
      { stride: 2, padding: 1, dilation: 2 },
      { groups: 2 },
    ]) {
      const down = nn.conv2d(4, 6, 3, { ...options, bias: false })
      const up = nn.convTranspose2d(6, 4, 3, { ...options, bias: false })
      up.loadStateDict({ weight: down.weight })
      const x = randn([2, 4, 9, 7])
      const z = down.forward(x)
      const y = randn(z.shape)
      const back = up.forward(y, { outputSize: [9, 7] })
      expect(sum(z.mul(y)).itemSync()).toBeCloseTo(sum(x.mul(back)).itemSync(), 2)
    }
  })

  test("as many groups as channels work on each channel alone", () => {
    const depthwise = nn.conv2d(3, 3, 2, { groups: 3, bias: false })
    depthwise.loadStateDict({ weight: tensor([1, 10, 100]).reshape([3, 1, 1, 1]).expand([3, 1, 2, 2]) })
    expect(values(depthwise.forward(ones([3, 2, 2])))).toEqual([4, 40, 400])
  })

  test("a separable convolution has the parameters of its two steps", () => {
    const layer = nn.separableConv2d(8, 16, 3, { padding: 1, stride: 2, bias: false })
    expect(layer.parameters().map(({ shape }) => shape)).toEqual([
      [8, 1, 3, 3],
      [16, 8, 1, 1],
    ])
    expect(layer.forward(ones([1, 8, 6, 6])).shape).toEqual([1, 16, 3, 3])
  })

  test("start from PyTorch's law: U(±1/√fanIn), with fanIn from dimension 1 of the weight", () => {
    const layer = nn.convTranspose1d(20, 30, 5, { groups: 5 })
    expect(layer.weight.shape).toEqual([20, 6, 5])
    const bound = 1 / Math.sqrt(30)
    for (const parameter of [layer.weight, layer.bias!]) {
      const largest = Math.max(...values(parameter).map(Math.abs))
      expect(largest).toBeLessThanOrEqual(bound)
      expect(largest).toBeGreaterThan(0.8 * bound)
    }
    expect(layer.bias!.shape).toEqual([30])
  })

  test("wrong shapes and options name the module and say what is expected", () => {
    class Net extends nn.Module {
      readonly encoder = nn.moduleList([nn.sequential(nn.conv1d(2, 3, 3))])
      override forward(x: Tensor): Tensor {
        return this.encoder.at(0)!.forward(x)
      }
    }
    expect(() => new Net().forward(zeros([1, 4, 9]))).toThrow(
      /^encoder\.0\.0: the image does not fit the filters.*\n.*\[N, 2, …\]/,
    )
    expect(() => nn.conv2d(1, 1, [3, 3, 3])).toThrow(/kernelSize does not fit the image/)
    expect(() => nn.conv2d(1, 1, 3, { padding: "same", stride: 2 })).toThrow(/stride 1/)
    expect(() => nn.conv2d(1, 1, 3, { paddingMode: "mirror" as "reflect" })).toThrow(/no such paddingMode/)
    expect(() => nn.convTranspose2d(3, 4, 3, { groups: 2 })).toThrow(/split evenly/)
    const up = nn.convTranspose1d(1, 1, 3, { stride: 2 })
    expect(() => up.forward(ones([1, 1, 4]), { outputSize: [20] })).toThrow(/sizes from \[9\] to \[10\]/)
  })
})

describe("pooling with indices", () => {
  test("is typed and undone by unpooling", () => {
    const [maxima, indices] = nn.maxPool2d(2, { returnIndices: true }).forward(randn([2, 3, 6, 4]))
    const back = nn.maxUnpool2d(2).forward(maxima, indices)
    expect(values(nn.maxPool2d(2).forward(back.relu()))).toEqual(values(maxima.relu()))
    const [, places] = nn.adaptiveMaxPool1d(2, { returnIndices: true }).forward(tensor([[[5, 1, 2, 9]]]))
    expect(values(places)).toEqual([0, 3])
  })

  test("has the right gradients in three dimensions", () => {
    setDefaultDevice("reference")
    const x = randn([1, 2, 4, 4, 4], { dtype: "float64" })
    for (const layer of [nn.avgPool3d(2), nn.lpPool3d(2, 2), nn.adaptiveAvgPool3d(3), nn.maxPool3d(2)]) {
      expect(
        gradcheck(((t: Tensor) => layer.forward(t.square().add(0.1))) as (...a: unknown[]) => unknown, [x]),
      ).toBe(true)
    }
  })
})
