import { Random } from "../../src/base/index.ts"

/** Numbers that headers lie with. */
const NASTY = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x2c, 0x0a, 0x0d, 0x5b, 0x7b]

/**
 * A file with a few things wrong: bytes changed, set to nasty values, doubled, left out or put in, or its end cut off.
 * The same seed and round give the same file.
 */
export function mutated(good: Uint8Array, seed: number, round: number): Uint8Array {
  const random = new Random(seed, round)
  let bytes: Uint8Array = good.slice()
  for (let k = 1 + random.integer(4); k > 0 && bytes.length > 0; k--) {
    // What steers a reader is at the beginning or the end, mostly.
    const near = random.uniform() < 0.5 ? Math.min(128, bytes.length) : bytes.length
    const at = random.uniform() < 0.5 ? random.integer(near) : bytes.length - 1 - random.integer(near)
    bytes = changes[random.integer(changes.length)]!(bytes, at, random)
  }
  return bytes
}

type Change = (bytes: Uint8Array, at: number, random: Random) => Uint8Array

function splice(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + removed))
  const out = new Uint8Array(at + added.length + rest.length)
  out.set(bytes.subarray(0, at))
  out.set(added, at)
  out.set(rest, at + added.length)
  return out
}

function put(bytes: Uint8Array, at: number, value: number): Uint8Array {
  bytes[at] = value
  return bytes
}

const changes: readonly Change[] = [
  (bytes, at, random) => put(bytes, at, random.integer(256)),
  (bytes, at, random) => put(bytes, at, NASTY[random.integer(NASTY.length)]!),
  (bytes, at, random) => put(bytes, at, bytes[at]! ^ (1 << random.integer(8))),
  (bytes, at, random) => bytes.fill(random.uniform() < 0.5 ? 0xff : 0, at, at + 1 + random.integer(8)),
  (bytes, at, random) => splice(bytes, at, 1 + random.integer(8), new Uint8Array(0)),
  (bytes, at, random) =>
    splice(
      bytes,
      at,
      0,
      Uint8Array.from({ length: 1 + random.integer(8) }, () => random.integer(256)),
    ),
  (bytes, at, random) => splice(bytes, at, 0, bytes.slice(at, at + 1 + random.integer(64))),
  (bytes, at) => bytes.slice(0, at),
]
