import type { Shape } from "../base/index.ts"
import { NablaError, Random } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import * as ops from "../ops/index.ts"
import { hostInput } from "./capture.ts"

/**
 * A stream of random tensors: the seed is the key of a counter-based generator, each call takes the next block of
 * counters. Equal seeds give equal bits on every device and at every thread count.
 */
export class Generator {
  private key: Int32Array
  private calls = 0

  constructor(seed = 0) {
    this.key = keyOf(seed)
  }

  /** Starts the stream of a seed from its beginning. */
  manualSeed(seed: number): this {
    this.key = keyOf(seed)
    this.calls = 0
    return this
  }

  /** What is needed to continue the stream. */
  get state(): { readonly key: readonly [number, number]; readonly calls: number } {
    return { key: [this.key[0]!, this.key[1]!], calls: this.calls }
  }

  set state({ key, calls }: { readonly key: readonly [number, number]; readonly calls: number }) {
    this.key = Int32Array.from(key)
    this.calls = calls
  }

  /** 32 random bits for each element, as int32. Inside vmap every example has bits of its own. */
  bits(shape: Shape): Node {
    const key = hostInput([2], "int32", () => this.key.slice())
    const counter = hostInput([2], "int32", () => this.nextCounter())
    return ops.randomBits(key, counter, exampleNumber(), shape)
  }

  private nextCounter(): Int32Array {
    const { calls } = this
    this.calls++
    return Int32Array.of(calls | 0, Math.floor(calls / 2 ** 32) | 0)
  }
}

function keyOf(seed: number): Int32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a seed is a whole number ≥ 0",
      where: "manualSeed",
      expected: "0 … 2^53 - 1",
      got: String(seed),
    })
  }
  return Int32Array.of(seed | 0, Math.floor(seed / 2 ** 32) | 0)
}

export const defaultGenerator = new Generator(new Random(Date.now()).uint32())

/** Seeds the generator that random functions use when none is given. */
export function manualSeed(seed: number): Generator {
  return defaultGenerator.manualSeed(seed)
}

/** The vmaps around, outermost first: a stand-in for the number of the example, and how many there are. */
const batches: { readonly example: Node; readonly size: number }[] = []

/** Runs a function of one example, so that what it draws belongs to that example. */
export function drawingFor<T>(example: Node, size: number, f: () => T): T {
  batches.push({ example, size })
  try {
    return f()
  } finally {
    batches.pop()
  }
}

/** The number of the example among those of all vmaps around; 0 outside. */
function exampleNumber(): Node {
  let number = ops.constant(0, [], "int32")
  for (const { example, size } of batches) number = ops.add(ops.scale(number, size), example)
  return number
}
