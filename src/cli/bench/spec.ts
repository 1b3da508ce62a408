/**
 * The workloads: their weights, data and optimizers. All values come from one small generator, so that every system
 * that follows the same specification computes the same losses.
 */

type Init = { readonly fanIn: number } | { readonly bound: number } | { readonly constant: number }

interface ParamSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly init: Init
}

interface DataSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** Uniform in a range, whole numbers below a bound, or ±1: whether the two numbers of a row of x agree in sign. */
  readonly kind:
    | { readonly uniform: readonly [number, number] }
    | { readonly int: number }
    | { readonly xorOf: string }
}

export interface OptimizerSpec {
  readonly name: "sgd" | "adam" | "adamw"
  readonly lr: number
  readonly weightDecay?: number
}

export interface WorkloadSpec {
  readonly kind: "matmul" | "train" | "elementwise"
  readonly params: readonly ParamSpec[]
  readonly data: readonly DataSpec[]
  readonly batches: number
  /** Steps of the check phase; losses are compared at the last of them. */
  readonly checkSteps: number
  readonly optimizer?: OptimizerSpec
  /** Arithmetic, or the least traffic, of a step: for rates. */
  readonly flops?: number
  readonly idealBytes?: number
}

const linear = (name: string, out: number, inputs: number): ParamSpec[] => [
  { name: `${name}.w`, shape: [out, inputs], init: { fanIn: inputs } },
  { name: `${name}.b`, shape: [out], init: { fanIn: inputs } },
]

const conv = (name: string, out: number, inputs: number, size: number): ParamSpec[] => [
  { name: `${name}.w`, shape: [out, inputs, size, size], init: { fanIn: inputs * size * size } },
  { name: `${name}.b`, shape: [out], init: { fanIn: inputs * size * size } },
]

const norm = (name: string, features: number): ParamSpec[] => [
  { name: `${name}.g`, shape: [features], init: { constant: 1 } },
  { name: `${name}.b`, shape: [features], init: { constant: 0 } },
]

function matmul(n: number): WorkloadSpec {
  const data: DataSpec[] = ["a", "b"].map((name) => ({ name, shape: [n, n], kind: { uniform: [-1, 1] } }))
  return { kind: "matmul", params: [], data, batches: 1, checkSteps: 3, flops: 2 * n ** 3 }
}

const adam: OptimizerSpec = { name: "adam", lr: 1e-3 }
const train = { kind: "train", batches: 4 } as const

const playground: WorkloadSpec = {
  ...train,
  batches: 20,
  checkSteps: 200,
  optimizer: { name: "sgd", lr: 0.03 },
  params: [...linear("l1", 4, 2), ...linear("l2", 2, 4), ...linear("l3", 1, 2)],
  data: [
    { name: "x", shape: [10, 2], kind: { uniform: [-1, 1] } },
    { name: "y", shape: [10, 1], kind: { xorOf: "x" } },
  ],
}

const mlp: WorkloadSpec = {
  ...train,
  checkSteps: 20,
  optimizer: adam,
  params: [...linear("l1", 256, 784), ...linear("l2", 128, 256), ...linear("l3", 10, 128)],
  data: [
    { name: "x", shape: [64, 784], kind: { uniform: [0, 1] } },
    { name: "y", shape: [64], kind: { int: 10 } },
  ],
}

const cnn: WorkloadSpec = {
  ...train,
  checkSteps: 10,
  optimizer: adam,
  params: [...conv("c1", 16, 1, 5), ...conv("c2", 32, 16, 5), ...linear("fc", 10, 32 * 7 * 7)],
  data: [
    { name: "x", shape: [64, 1, 28, 28], kind: { uniform: [0, 1] } },
    { name: "y", shape: [64], kind: { int: 10 } },
  ],
}

const block = (name: string): ParamSpec[] => [
  ...norm(`${name}.ln1`, 128),
  ...linear(`${name}.qkv`, 384, 128),
  ...linear(`${name}.proj`, 128, 128),
  ...norm(`${name}.ln2`, 128),
  ...linear(`${name}.fc1`, 512, 128),
  ...linear(`${name}.fc2`, 128, 512),
]

const transformer: WorkloadSpec = {
  ...train,
  checkSteps: 10,
  optimizer: { name: "adamw", lr: 1e-3, weightDecay: 0.01 },
  params: [
    { name: "tok", shape: [65, 128], init: { bound: 0.1 } },
    { name: "pos", shape: [64, 128], init: { bound: 0.1 } },
    ...block("h0"),
    ...block("h1"),
    ...norm("lnf", 128),
    ...linear("head", 65, 128),
  ],
  data: [{ name: "t", shape: [16, 65], kind: { int: 65 } }],
}

const lstm: WorkloadSpec = {
  ...train,
  checkSteps: 20,
  optimizer: adam,
  params: [
    { name: "emb", shape: [65, 64], init: { bound: 0.1 } },
    { name: "wih", shape: [512, 64], init: { fanIn: 128 } },
    { name: "whh", shape: [512, 128], init: { fanIn: 128 } },
    { name: "bih", shape: [512], init: { fanIn: 128 } },
    { name: "bhh", shape: [512], init: { fanIn: 128 } },
    ...linear("head", 65, 128),
  ],
  data: [{ name: "t", shape: [16, 33], kind: { int: 65 } }],
}

const elementwise: WorkloadSpec = {
  kind: "elementwise",
  batches: 1,
  checkSteps: 3,
  // x is read twice and its gradient written.
  idealBytes: 3 * 4 * 4096 * 1024,
  params: [
    { name: "a", shape: [1024], init: { bound: 1 } },
    { name: "b", shape: [1024], init: { bound: 1 } },
  ],
  data: [{ name: "x", shape: [4096, 1024], kind: { uniform: [-1, 1] } }],
}

export const workloads: Readonly<Record<string, WorkloadSpec>> = {
  "matmul-256": matmul(256),
  "matmul-512": matmul(512),
  "matmul-1024": matmul(1024),
  "matmul-2048": matmul(2048),
  playground,
  mlp,
  cnn,
  transformer,
  lstm,
  elementwise,
}

export interface HostArray {
  readonly shape: readonly number[]
  readonly values: Float32Array | Int32Array
}

export interface Workload extends WorkloadSpec {
  readonly name: string
  readonly weights: Readonly<Record<string, HostArray>>
  readonly inputs: readonly Readonly<Record<string, HostArray>>[]
}

const SEED = 42

/** s ← (1664525·s + 1013904223) mod 2³², u = s/2³². */
function generator(): () => number {
  let state = SEED
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const numel = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1)

/** Weights, then the batches one after another, all from one stream. */
export function makeWorkload(name: string): Workload {
  const spec = workloads[name]
  if (spec === undefined)
    throw new Error(`there is no workload ${name}; known: ${Object.keys(workloads).join(", ")}`)
  const next = generator()
  const uniform = (n: number, low: number, high: number): Float32Array => {
    const out = new Float32Array(n)
    for (let i = 0; i < n; i++) out[i] = low + (high - low) * next()
    return out
  }
  const initial = ({ shape, init }: ParamSpec): Float32Array => {
    const n = numel(shape)
    if ("constant" in init) return new Float32Array(n).fill(init.constant)
    const bound = "fanIn" in init ? 1 / Math.sqrt(init.fanIn) : init.bound
    return uniform(n, -bound, bound)
  }
  const drawn = ({ shape, kind }: DataSpec, batch: Record<string, HostArray>): Float32Array | Int32Array => {
    const n = numel(shape)
    if ("uniform" in kind) return uniform(n, ...kind.uniform)
    if ("int" in kind) return Int32Array.from({ length: n }, () => Math.floor(next() * kind.int))
    const x = batch[kind.xorOf]!.values
    return Float32Array.from({ length: n }, (_, i) => (x[2 * i]! * x[2 * i + 1]! >= 0 ? 1 : -1))
  }
  const weights = Object.fromEntries(
    spec.params.map((param) => [param.name, { shape: param.shape, values: initial(param) }]),
  )
  const inputs = Array.from({ length: spec.batches }, () => {
    const batch: Record<string, HostArray> = {}
    for (const data of spec.data) batch[data.name] = { shape: data.shape, values: drawn(data, batch) }
    return batch
  })
  return { ...spec, name, weights, inputs }
}
