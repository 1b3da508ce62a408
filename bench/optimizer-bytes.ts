/**
 * How many bytes a step of an optimizer moves, against the least there is: each parameter, gradient and state tensor
 * read once, each parameter and state tensor written once. The parameters are those of a ResNet-18.
 *
 *     node scripts/run-ts.mjs bench/optimizer-bytes.ts [--device wasm|native] [--steps N]
 */
import { parseArgs } from "node:util"
import { type DeviceName, optim, profile, rand, realize, setDefaultDevice, type Tensor } from "nabla"

const { values: options } = parseArgs({
  options: { device: { type: "string", default: "wasm" }, steps: { type: "string", default: "3" } },
})
setDefaultDevice(options.device as DeviceName)

const optimizers: Record<string, (params: Tensor[]) => optim.Optimizer> = {
  SGD: (params) => optim.sgd(params, { lr: 0.1 }),
  "SGD, momentum": (params) => optim.sgd(params, { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 }),
  Adam: (params) => optim.adam(params),
  AdamW: (params) => optim.adamW(params),
  "Adam, AMSGrad": (params) => optim.adam(params, { amsgrad: true }),
  RMSprop: (params) => optim.rmsprop(params, { momentum: 0.9 }),
  Lion: (params) => optim.lion(params, { weightDecay: 0.1 }),
  AdaBound: (params) => optim.adaBound(params),
}

/** Shapes of the parameters of a ResNet-18 with 1000 classes: 62 tensors, 11,689,512 numbers. */
function shapes(): number[][] {
  const conv = (to: number, from: number, size: number): number[][] => [[to, from, size, size], [to], [to]]
  const block = (from: number, to: number): number[][] => [
    ...conv(to, from, 3),
    ...conv(to, to, 3),
    ...(from === to ? [] : conv(to, from, 1)),
  ]
  const widths = [64, 128, 256, 512]
  const stages = widths.flatMap((to, i) => [...block(widths[Math.max(i - 1, 0)]!, to), ...block(to, to)])
  return [...conv(64, 3, 7), ...stages, [1000, 512], [1000]]
}

function measure(make: (params: Tensor[]) => optim.Optimizer) {
  const params = shapes().map((shape) => rand(shape).requiresGrad_())
  for (const param of params) param.grad = rand(param.shape)
  realize([...params, ...params.map(({ grad }) => grad!)])
  const optimizer = make(params)
  optimizer.step()
  optimizer.step()
  const runs = Array.from({ length: Number(options.steps) }, () => profile(() => optimizer.step()))
  const { kernels } = runs[0]!
  const numbers = params.reduce((n, param) => n + param.numel(), 0)
  const { state } = optimizer.stateDict()
  const kept = Object.keys(state[0] ?? {}).length - 1
  const least = 4 * numbers * (3 + 2 * kept)
  const moved = kernels.reduce((sum, { bytes, count }) => sum + bytes * count, 0)
  const ms = Math.min(...runs.map((run) => run.kernelMs))
  return {
    parameters: numbers,
    tensors: params.length,
    kernels: kernels.reduce((sum, { count }) => sum + count, 0),
    bytes: moved,
    leastBytes: least,
    ratio: Number((moved / least).toFixed(4)),
    ms: Number(ms.toFixed(2)),
    gbps: Number((moved / ms / 1e6).toFixed(2)),
  }
}

for (const [optimizer, make] of Object.entries(optimizers)) {
  console.log(
    JSON.stringify({ bench: "optimizer-bytes", device: options.device, optimizer, ...measure(make) }),
  )
}
