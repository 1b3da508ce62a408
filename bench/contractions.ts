/**
 * GFLOP/s of matrix products and convolutions by shape, from the fastest launch of each kernel:
 * node scripts/run-ts.mjs bench/contractions.ts [DEVICE] [PATTERN]
 */
import {
  compile,
  type DeviceName,
  matmul,
  nn,
  profile,
  randn,
  realize,
  setDefaultDevice,
  type Tensor,
} from "nabla"

const [device = "wasm", pattern = "."] = process.argv.slice(2)
const MILLISECONDS = 500

/** Products of [batch, m, k] and [batch, k, n]; t: the argument lies transposed in memory. */
function product(m: number, n: number, k: number, order = "nn", batch = 1): [string, () => Tensor] {
  const [a, b] = [
    order[0] === "t" ? randn([batch, k, m]).mT : randn([batch, m, k]),
    order[1] === "t" ? randn([batch, n, k]).mT : randn([batch, k, n]),
  ]
  return [`${order} ${batch > 1 ? `${batch}× ` : ""}${m}×${n}×${k}`, () => matmul(a, b)]
}

/** A convolution of N images of C channels with O filters of size², forward and both gradients. */
function convolution(
  [n, c, side]: readonly number[],
  [o, size]: readonly number[],
  options: { stride?: number; padding?: number; groups?: number } = {},
): [string, () => Tensor[]] {
  const x = randn([n, c, side, side], { requiresGrad: true })
  const w = randn([o, c / (options.groups ?? 1), size, size], { requiresGrad: true })
  const y = nn.functional.conv2d(x, w, null, options)
  const cotangent = randn(y.shape)
  const step = (): Tensor[] => {
    x.grad = w.grad = null
    nn.functional.conv2d(x, w, null, options).mul(cotangent).sum().backward()
    return [x.grad!, w.grad!]
  }
  return [`${n}×${c}×${side}² with ${o} of ${size}² ${JSON.stringify(options)}`, step]
}

setDefaultDevice(device as DeviceName)
const cases: [string, () => Tensor | Tensor[]][] = [
  ...[16, 32, 64, 128, 256, 512, 1024].map((n) => product(n, n, n)),
  product(511, 257, 129),
  product(256, 256, 256, "nt"),
  product(256, 256, 256, "tn"),
  product(1, 512, 512),
  product(1, 512, 512, "nt"),
  product(16, 512, 128, "nt"),
  product(64, 10, 128, "nt"),
  product(64, 64, 32, "nt", 64),
  product(64, 32, 64, "nn", 64),
  product(1024, 128, 512, "nt"),
  convolution([64, 16, 14], [32, 5], { padding: 2 }),
  convolution([16, 64, 28], [64, 3], { padding: 1 }),
  convolution([16, 64, 28], [128, 3], { padding: 1, stride: 2 }),
  convolution([16, 64, 28], [128, 1]),
  convolution([16, 64, 28], [64, 3], { padding: 1, groups: 64 }),
]

for (const [name, compute] of cases.filter(([name]) => new RegExp(pattern).test(name))) {
  const run = compile(compute)
  const once = (): void => realize([run()].flat())
  for (let i = 0; i < 5; i++) once()
  const best = new Map<string, { ms: number; gflops: number }>()
  const end = performance.now() + MILLISECONDS
  do {
    for (const { name: kernel, elements, ms, count, gflops } of profile(once).kernels) {
      const key = `${kernel} ${elements}`
      if (ms / count < (best.get(key)?.ms ?? Infinity)) best.set(key, { ms: ms / count, gflops })
    }
  } while (performance.now() < end)
  console.log(name)
  for (const [kernel, { ms, gflops }] of best) {
    console.log(`  ${gflops.toFixed(1).padStart(6)} GFLOP/s ${ms.toFixed(4).padStart(9)} ms  ${kernel}`)
  }
}
