import "../methods.ts"
import { beforeAll, describe, expect, test } from "vitest"
import * as nb from "../index.ts"

beforeAll(() => {
  nb.setKernelChecks(true)
  nb.manualSeed(4)
})

const f64 = { dtype: "float64" } as const
const random = (...shape: number[]): nb.Tensor => nb.randn(shape, f64)
const close = (got: nb.Tensor, want: nb.Tensor, tolerance = 1e-10): void => {
  expect(got.shape).toEqual(want.shape)
  expect(got.sub(want).abs().amax().itemSync()).toBeLessThan(tolerance)
}

type Conv = (x: nb.Tensor, w: nb.Tensor, bias: null, options: nb.ConvTransposeOptions) => nb.Tensor
const convolutions: readonly (readonly [n: 1 | 2 | 3, conv: Conv, transposed: Conv])[] = [
  [1, nb.conv1d, nb.convTranspose1d],
  [2, nb.conv2d, nb.convTranspose2d],
  [3, nb.conv3d, nb.convTranspose3d],
]
const geometries = [
  {},
  { stride: 2, padding: 1 },
  { dilation: 2, groups: 2 },
  { stride: 3, padding: 2, dilation: 2, groups: 2 },
]

describe.each(convolutions)("in %i dimensions", (n, conv, transposed) => {
  const image = [8, 7, 5].slice(0, n)
  const kernel = [3, 2, 2].slice(0, n)

  test.each(geometries)("a transposed convolution is the adjoint of a convolution: %j", (options) => {
    const x = random(2, 4, ...image)
    const w = random(6, 4 / (options.groups ?? 1), ...kernel)
    const y = conv(x, w, null, options)
    const u = random(...y.shape)
    // What the stride leaves undetermined is the padding of the result.
    const plain = transposed(u, w, null, options)
    const outputPadding = x.shape.slice(2).map((size, i) => size - plain.shape[2 + i]!)
    const back = transposed(u, w, null, { ...options, outputPadding })
    const [, pull] = nb.vjp((t: nb.Tensor) => conv(t, w, null, options), x) as [
      nb.Tensor,
      (ct: nb.Tensor) => nb.Tensor[],
    ]
    close(back, pull(u)[0]!)
  })

  test("groups are convolutions side by side; one example needs no batch", () => {
    const [x, w] = [random(2, 4, ...image), random(6, 2, ...kernel)]
    const half = (t: nb.Tensor, dim: number, i: number): nb.Tensor => t.chunk(2, dim)[i]!
    const parts = [0, 1].map((i) => conv(half(x, 1, i), half(w, 0, i), null, {}))
    close(conv(x, w, null, { groups: 2 }), nb.cat(parts, 1))
    close(conv(x.select(0, 0), w, null, { groups: 2 }), conv(x, w, null, { groups: 2 }).select(0, 0))
    const v = random(4, 3, ...kernel)
    const each = [0, 1].map((i) => transposed(half(x, 1, i), half(v, 0, i), null, {}))
    close(transposed(x, v, null, { groups: 2 }), nb.cat(each, 1))
  })
})

test("a convolution is the filters times the columns of the image", () => {
  const [x, w] = [random(2, 3, 6, 5), random(4, 3, 3, 2)]
  const options = { stride: [2, 1], padding: [1, 0], dilation: [1, 2] }
  const columns = nb.unfold(x, [3, 2], options)
  const want = w.reshape([4, 18]).matmul(columns)
  close(nb.conv2d(x, w, null, options).reshape(want.shape), want)
  const u = random(...columns.shape)
  const folded = nb.fold(u, [6, 5], [3, 2], options)
  expect(folded.mul(x).sum().itemSync()).toBeCloseTo(columns.mul(u).sum().itemSync(), 9)
})

describe("pooling", () => {
  test.each([
    [2, {}],
    [3, { stride: 2, padding: 1 }],
    [3, { stride: 2, padding: 1, ceilMode: true }],
    [2, { stride: 1, dilation: 2 }],
    [[3, 2], { stride: [2, 3], ceilMode: true }],
  ] as const)("maxima of %j windows %j are where their indices say", (kernel, options) => {
    const x = random(2, 3, 7, 8)
    const [values, indices] = nb.maxPool2d(x, kernel, { ...options, returnIndices: true as const })
    close(x.reshape([2, 3, 56]).gather(2, indices.reshape([2, 3, -1])), values.reshape([2, 3, -1]))
    close(values, nb.maxPool2d(x, kernel, options))
    expect(nb.gradcheck((t: nb.Tensor) => nb.maxPool2d(t, kernel, options), [x])).toBe(true)
  })

  test("unpooling puts maxima back", () => {
    const x = random(1, 2, 4, 6)
    const [values, indices] = nb.maxPool2d(x, 2, { returnIndices: true as const })
    const back = nb.maxUnpool2d(values, indices, 2)
    close(nb.maxPool2d(back.sub(back.eq(0).to("float64").mul(9)), 2), values)
    expect(back.ne(0).sum().itemSync()).toBe(12)
  })

  test("the first of equal maxima has the derivative", () => {
    const slope = nb.grad((x: nb.Tensor) => nb.maxPool1d(x, 3).sum())(nb.ones([1, 1, 3], f64)) as nb.Tensor
    expect([...slope.dataSync()]).toEqual([1, 0, 0])
  })

  test("windows beyond the border", () => {
    const x = nb.tensor([1, 2, 3, 4, 5], { shape: [1, 1, 5], ...f64 })
    const mean = (options: nb.AvgPoolOptions): number[] => [...nb.avgPool1d(x, 2, options).dataSync()]
    expect(mean({ ceilMode: true })).toEqual([1.5, 3.5, 5])
    expect(mean({ padding: 1 })).toEqual([0.5, 2.5, 4.5])
    expect(mean({ padding: 1, countIncludePad: false })).toEqual([1, 2.5, 4.5])
    const sum = nb.avgPool2d(x.unsqueeze(0), [1, 5], { divisorOverride: 2 })
    expect(sum.itemSync()).toBe(7.5)
    close(nb.lpPool1d(x, 2, 2), x.narrow(2, 0, 4).reshape([1, 1, 2, 2]).norm({ dim: -1 }))
  })

  test("adaptive windows cover the image, of whatever size", () => {
    const x = random(2, 3, 6, 7)
    close(nb.adaptiveAvgPool2d(x, 1), x.mean([2, 3], { keepdim: true }))
    close(nb.adaptiveAvgPool2d(x, [null, 7]), x)
    const [start, end] = [
      [0, 2, 4],
      [3, 5, 7],
    ]
    const columns = start.map((from, i) => x.narrow(3, from, end[i]! - from))
    close(
      nb.adaptiveAvgPool2d(x, [6, 3]),
      nb.cat(
        columns.map((c) => c.mean(3, { keepdim: true })),
        3,
      ),
    )
    close(
      nb.adaptiveMaxPool2d(x, [6, 3]),
      nb.cat(
        columns.map((c) => c.amax(3, { keepdim: true })),
        3,
      ),
    )
    const [values, indices] = nb.adaptiveMaxPool2d(x, [4, 3], { returnIndices: true as const })
    close(x.reshape([2, 3, 42]).gather(2, indices.reshape([2, 3, 12])), values.reshape([2, 3, 12]))
    expect(nb.gradcheck((t: nb.Tensor) => nb.adaptiveAvgPool2d(t, [4, 9]), [random(1, 1, 6, 7)])).toBe(true)
  })
})

describe("resampling", () => {
  const modes = ["nearest", "nearest-exact", "area", "bilinear", "bicubic"] as const

  test.each(modes)("%s keeps a constant image and its own size", (mode) => {
    const [x, even] = [random(1, 2, 5, 6), nb.full([1, 1, 5, 6], 3, f64)]
    close(nb.interpolate(x, { size: [5, 6], mode }), x)
    close(nb.interpolate(even, { size: [8, 3], mode }), nb.full([1, 1, 8, 3], 3, f64))
    expect(nb.gradcheck((t: nb.Tensor) => nb.interpolate(t, { scaleFactor: [1.6, 0.5], mode }), [x])).toBe(
      true,
    )
  })

  test("linear functions stay linear", () => {
    const ramp = nb.arange(4).to("float64").reshape([1, 1, 4])
    const wide = nb.interpolate(ramp, { size: 7, mode: "linear", alignCorners: true })
    close(wide.reshape([7]), nb.linspace(0, 3, 7, f64))
    const nearest = nb.interpolate(ramp, { scaleFactor: 2 })
    expect([...nearest.dataSync()]).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  })

  test.each([true, false])(
    "the grid of the identity gives the image back (alignCorners %s)",
    (alignCorners) => {
      const x = random(2, 3, 4, 5)
      const map = nb
        .tensor(
          [
            [1, 0, 0],
            [0, 1, 0],
          ],
          f64,
        )
        .expand([2, 2, 3])
      const grid = nb.affineGrid(map, x.shape, { alignCorners })
      close(nb.gridSample(x, grid, { alignCorners }), x)
      close(nb.gridSample(x, grid, { alignCorners, mode: "nearest" }), x)
      close(nb.gridSample(x, grid.neg(), { alignCorners }), x.flip([2, 3]))
    },
  )

  test.each(["zeros", "border", "reflection"] as const)(
    "derivatives of a sampled grid with %s",
    (paddingMode) => {
      const [x, grid] = [random(1, 2, 4, 5), random(1, 3, 2, 2)]
      const f = (a: nb.Tensor, b: nb.Tensor): nb.Tensor => nb.gridSample(a, b, { paddingMode })
      expect(nb.gradcheck(f, [x, grid])).toBe(true)
      const slope = nb.grad((b: nb.Tensor) => f(x, b).sin().sum()) as (b: nb.Tensor) => nb.Tensor
      expect(nb.gradcheck(slope, [grid], { atol: 1e-4 })).toBe(true)
    },
  )
})

describe("transforms through a small network", () => {
  const w = nb.tensor([0.3, -0.2, 0.5, 0.1, -0.4, 0.2, 0.7, -0.6], { shape: [2, 1, 2, 2], ...f64 })
  const loss = (weights: nb.Tensor, x: nb.Tensor): nb.Tensor => {
    const hidden = nb.maxPool2d(nb.conv2d(x, weights, null, { padding: 1 }).tanh(), 2)
    const up = nb.interpolate(hidden, { size: [3, 3], mode: "bilinear" })
    return nb.convTranspose2d(up, weights, null, { stride: 2 }).square().sum()
  }

  test("the Hessian through convolution and max pooling", () => {
    const x = random(1, 1, 3, 3)
    const slope = nb.grad((t: nb.Tensor) => loss(t, x)) as (t: nb.Tensor) => nb.Tensor
    expect(nb.gradcheck(slope, [w], { atol: 1e-4 })).toBe(true)
    const h = (nb.hessian((t: nb.Tensor) => loss(t, x))(w) as nb.Tensor).reshape([8, 8])
    close(h, h.transpose(0, 1))
  })

  test("gradients of each example by vmap", () => {
    const batch = random(3, 1, 1, 3, 3)
    const each = nb.vmap(nb.grad(loss), { inDims: [null, 0] })(w, batch) as nb.Tensor
    const one = nb.grad(loss) as (t: nb.Tensor, x: nb.Tensor) => nb.Tensor
    close(each, nb.stack([0, 1, 2].map((i) => one(w, batch.select(0, i)))))
  })
})

test.each([
  ["conv2d", () => nb.conv2d(random(1, 3, 4, 4), random(2, 2, 3, 3))],
  ["conv2d", () => nb.conv2d(random(1, 2, 4, 4), random(2, 2, 3, 3), null, { padding: "same", stride: 2 })],
  ["conv1d", () => nb.conv1d(random(1, 2, 2), random(2, 2, 3))],
  ["convTranspose1d", () => nb.convTranspose1d(random(1, 2, 4), random(2, 1, 3), null, { outputPadding: 1 })],
  ["maxPool2d", () => nb.maxPool2d(random(1, 2, 4, 4), 2, { padding: 2 })],
  ["avgPool1d", () => nb.avgPool1d(random(4), 2)],
  ["interpolate", () => nb.interpolate(random(1, 2, 4), { size: 3, mode: "bilinear" })],
  ["interpolate", () => nb.interpolate(random(1, 2, 4))],
  ["gridSample", () => nb.gridSample(random(1, 2, 4, 4), random(2, 3, 3, 2))],
  ["fold", () => nb.fold(random(1, 5, 4), [3, 3], 2)],
])("%s names itself in errors", (name, run) => expect(run).toThrow(name))
