import "../methods.ts"
import { beforeAll, describe, expect, test } from "vitest"
import * as nb from "../index.ts"

const { fft } = nb

beforeAll(() => {
  nb.setKernelChecks(true)
  nb.manualSeed(3)
})

const f64 = { dtype: "float64" } as const
const random = (...shape: number[]): nb.Tensor => nb.randn(shape, f64)
const close = (got: nb.Tensor, want: nb.Tensor, tolerance = 1e-11): void => {
  expect(got.shape).toEqual(want.shape)
  expect(got.sub(want).abs().amax().itemSync()).toBeLessThan(tolerance)
}

/** Σ_j z_j·e^(−2πi·jk/n), term by term. */
function bySums(z: nb.Tensor): nb.Tensor {
  const n = z.shape[0]!
  const data = z.dataSync()
  const out = new Float64Array(2 * n)
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n
      const [c, s] = [Math.cos(angle), Math.sin(angle)]
      out[2 * k]! += data[2 * j]! * c - data[2 * j + 1]! * s
      out[2 * k + 1]! += data[2 * j]! * s + data[2 * j + 1]! * c
    }
  }
  return nb.tensor(out, { shape: [n, 2], ...f64 })
}

const lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 19, 20, 23, 30, 34, 64, 97, 100, 121, 221]

describe.each(["reference", "wasm"] as const)("on %s", (device) => {
  beforeAll(() => {
    nb.setDefaultDevice(device)
    return () => nb.setDefaultDevice("wasm")
  })

  test.each(lengths)("length %i: the sum of waves, its inverse, Parseval", (n) => {
    const z = random(n, 2)
    const transform = fft.fft(z)
    close(transform, bySums(z))
    close(fft.ifft(transform), z)
    close(transform.square().sum().div(n), z.square().sum(), 1e-10)
  })

  test.each(lengths)("length %i: real numbers", (n) => {
    const x = random(2, n)
    const half = fft.rfft(x)
    expect(half.shape).toEqual([2, Math.floor(n / 2) + 1, 2])
    close(half, fft.fft(fft.complex(x)).narrow(1, 0, Math.floor(n / 2) + 1))
    close(fft.irfft(half, { n }), x)
  })
})

test.each([12, 17])("length %i: ⟨u, F·v⟩ = ⟨Fᵀ·u, v⟩, derivatives, vmap", (n) => {
  const [u, v] = [random(3, n, 2), random(3, n, 2)]
  const [out, pull] = nb.vjp(fft.fft, v) as [nb.Tensor, (ct: nb.Tensor) => nb.Tensor[]]
  expect(out.mul(u).sum().itemSync()).toBeCloseTo(pull(u)[0]!.mul(v).sum().itemSync(), 9)
  close(nb.vmap(fft.fft)(v) as nb.Tensor, fft.fft(v))
  close((nb.jvp(fft.fft, [v], [u]) as nb.Tensor[])[1]!, fft.fft(u))
  const power = (x: nb.Tensor): nb.Tensor => fft.abs(fft.rfft(x)).square()
  expect(nb.gradcheck(power, [random(n)], { atol: 1e-4 })).toBe(true)
  expect(nb.gradcheck((z: nb.Tensor) => fft.irfft(z, { n }).pow(3), [random(n, 2)], { atol: 1e-4 })).toBe(
    true,
  )
})

test("dimensions, lengths and norms", () => {
  const z = random(4, 6, 2)
  const swapped = (t: nb.Tensor): nb.Tensor => t.permute([1, 0, 2])
  close(fft.fft(z, { dim: 0 }), swapped(fft.fft(swapped(z))))
  close(fft.fft2(z), fft.fft(fft.fft(z), { dim: 0 }))
  close(fft.ifft2(fft.fft2(z)), z)
  close(fft.fftn(z, { s: [4, 3] }), fft.fft2(z.narrow(1, 0, 3)))
  close(fft.fft(z, { n: 8 }), fft.fft(nb.pad(z, [0, 0, 0, 2])))
  close(fft.fft(z, { norm: "ortho" }), fft.fft(z).div(Math.sqrt(6)))
  close(fft.fft(z, { norm: "forward" }), fft.fft(z).div(6))
  close(fft.ifft(z, { norm: "forward" }), fft.ifft(z).mul(6))
  expect([...fft.fftfreq(4, f64).dataSync()]).toEqual([0, 0.25, -0.5, -0.25])
  expect([...fft.rfftfreq(5, { d: 2, ...f64 }).dataSync()]).toEqual([0, 0.1, 0.2])
  const x = nb.arange(5)
  expect([...fft.fftshift(x, 0).dataSync()]).toEqual([3, 4, 0, 1, 2])
  expect([...fft.ifftshift(fft.fftshift(x, 0), 0).dataSync()]).toEqual([0, 1, 2, 3, 4])
})

test("a product of transforms is the transform of a convolution", () => {
  const [a, b] = [random(7), random(5)]
  const product = fft.multiply(fft.rfft(a, { n: 11 }), fft.rfft(b, { n: 11 }))
  const image = nb.pad(a.reshape([1, 1, 7]), [4, 4])
  const direct = nb.conv1d(image, b.flip([0]).reshape([1, 1, 5])).reshape([11])
  close(fft.irfft(product, { n: 11 }), direct)
})

test("single precision, and what is not complex", () => {
  const z = nb.randn([1000, 2])
  expect(fft.ifft(fft.fft(z)).sub(z).abs().amax().itemSync()).toBeLessThan(2e-6)
  expect(() => fft.fft(nb.ones([8]))).toThrow(/fft.complex/)
  expect(() => fft.rfft(nb.ones([8]), { n: 0 })).toThrow(/fft.rfft/)
})
