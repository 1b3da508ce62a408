import { expect, it } from "vitest"
import { unaryFunctions } from "../../../base/index.ts"
import type { Kernel } from "../../../kernel/index.ts"
import { constant, load, unary, use } from "../../../kernel/index.ts"
import { renderWasm } from "../render.ts"

/** Largest error in units in the last place, over all floats with a stride; the bounds are in the functions' docs. */
const bounds = {
  exp: 1,
  exp2: 1.7,
  expm1: 1.6,
  log: 0.9,
  log2: 1.5,
  log10: 2,
  log1p: 0.9,
  tanh: 1.4,
  sin: 1.6,
  cos: 1.6,
  erf: 1.4,
} as const

type Name = keyof typeof bounds

const COUNT = 1 << 16
/** Every 3989th float of each sign: about a million arguments, subnormals, infinities and NaN among them. */
const STRIDE = 3989

function compile(name: Name): { inputs: Float32Array; outputs: Float32Array; run: () => void } {
  const i = { id: 0, type: "i32", lanes: 1 } as const
  const kernel: Kernel = {
    name,
    buffers: [
      { type: "f32", length: COUNT, access: "read" },
      { type: "f32", length: COUNT, access: "write" },
    ],
    body: [
      {
        kind: "for",
        variable: i,
        from: constant("i32", 0),
        to: constant("i32", COUNT),
        step: 4,
        body: [{ kind: "store", buffer: 1, index: use(i), value: unary(name, load(0, "f32", use(i), 4)) }],
      },
    ],
  }
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16 })
  const { bytes } = renderWasm([kernel], { relaxedSimd: false, sharedMemory: false, maximumPages: 16 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory },
    math: unaryFunctions,
  })
  return {
    inputs: new Float32Array(memory.buffer, 64, COUNT),
    outputs: new Float32Array(memory.buffer, 64 + 4 * COUNT, COUNT),
    run: () => (exports.k0 as (a: number, b: number) => void)(64, 64 + 4 * COUNT),
  }
}

const float = new Float32Array(1)
const word = new Uint32Array(float.buffer)

/** The distance of neighbouring floats at a value. */
function unitInLastPlace(value: number): number {
  float[0] = Math.abs(value)
  return 2 ** (Math.max(word[0]! >>> 23, 1) - 150)
}

/** Error in units in the last place; infinite where the result is of another kind (NaN, infinity) than it should be. */
function errorOf(got: number, exact: number): number {
  const rounded = Math.fround(exact)
  if (Object.is(got, rounded)) return 0
  return Number.isFinite(got) && Number.isFinite(rounded)
    ? Math.abs(got - exact) / unitInLastPlace(rounded)
    : Infinity
}

const names = Object.keys(bounds) as Name[]

it.each(names)("%s keeps to its error bound", (name) => {
  const { inputs, outputs, run } = compile(name)
  const words = new Uint32Array(inputs.buffer, inputs.byteOffset, COUNT)
  const exact = unaryFunctions[name]
  let worst = { error: 0, x: 0 }
  for (let start = 0; start < 2 ** 32; start += COUNT * STRIDE) {
    for (let i = 0; i < COUNT; i++) words[i] = Math.min(start + i * STRIDE, 2 ** 32 - 1)
    run()
    for (let i = 0; i < COUNT; i++) {
      const error = errorOf(outputs[i]!, exact(inputs[i]!))
      if (error > worst.error) worst = { error, x: inputs[i]! }
    }
  }
  expect(worst.error, `at ${worst.x}`).toBeLessThanOrEqual(bounds[name])
})

it.each(names)("%s is right at the points where its pieces meet and at the ends", (name) => {
  const { inputs, outputs, run } = compile(name)
  const joints = [
    0,
    -0,
    Infinity,
    -Infinity,
    Number.NaN,
    1,
    -1,
    2 ** -149,
    -(2 ** -149),
    2 ** -126,
    3.4028234663852886e38,
    0.625,
    Math.SQRT1_2,
    Math.SQRT2,
    0.34657359,
    88.72283,
    88.722839,
    -87.33654,
    -103.97207,
    -104,
    128,
    -149,
    -150,
    3.93,
    9.01,
    Math.PI / 4,
    Math.PI / 2,
    Math.PI,
    100 * Math.PI,
    31415.926,
    99999.99,
    1e5,
    1e5 + 0.01,
    2 ** 24,
    1e30,
    17.3,
    -17.4,
  ]
  inputs.fill(1).set(joints)
  run()
  joints.forEach((_, i) => {
    const x = inputs[i]!
    const error = errorOf(outputs[i]!, unaryFunctions[name](x))
    expect(error, `${name}(${x}) = ${outputs[i]}`).toBeLessThanOrEqual(bounds[name])
  })
})
