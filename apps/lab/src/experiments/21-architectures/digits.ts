import type { Tensor } from "nabla"
import { data, Generator as Noise, randperm, tensor } from "nabla"
import { CANVAS, ROOM, SIDE } from "./canvas.ts"

export const PIXELS = CANVAS * CANVAS

export interface Digits {
  readonly inputs: Float32Array
  readonly labels: Int32Array
  readonly length: number
}

/** Digits of 14 × 14, each in the middle of an empty picture of 20 × 20. */
export function digits(n: number, seed: number, start = 0): Digits {
  const { inputs, targets } = data.glyphs({ n, seed, start })
  const pooled = tensor(inputs, { shape: [n, SIDE, 2, SIDE, 2] })
    .mean([2, 4])
    .pad([ROOM, ROOM, ROOM, ROOM])
  return { inputs: Float32Array.from(pooled.dataSync()), labels: targets as Int32Array, length: n }
}

/** Where pixel (row, column) goes when the picture moves; what leaves at one side comes back at the other. */
const moved = (row: number, column: number, down: number, right: number): number =>
  ((row + down + CANVAS) % CANVAS) * CANVAS + ((column + right + CANVAS) % CANVAS)

/** Each picture moved by what `by` says. */
export function shifted(
  { inputs, labels, length }: Digits,
  by: (i: number) => readonly [number, number],
): Digits {
  const out = new Float32Array(inputs.length)
  for (let i = 0; i < length; i++) {
    const [down, right] = by(i)
    for (let row = 0; row < CANVAS; row++)
      for (let column = 0; column < CANVAS; column++)
        out[i * PIXELS + moved(row, column, down, right)] = inputs[i * PIXELS + row * CANVAS + column]!
  }
  return { inputs: out, labels, length }
}

/** Pixel k of each picture is what pixel order[k] was. */
export function reordered({ inputs, labels, length }: Digits, order: readonly number[]): Digits {
  const out = inputs.map((_, at) => inputs[at - (at % PIXELS) + order[at % PIXELS]!]!)
  return { inputs: out, labels, length }
}

/** The pixels' numbers in a random order. */
export const orderOf = (noise: Noise): number[] =>
  Array.from(randperm(PIXELS, { generator: noise }).dataSync(), Number)

/** Batches of the digits, in an order of their own in each pass. */
export function* batches(set: Digits, size: number, seed: number): Generator<readonly number[], never, void> {
  const generator = new Noise(seed)
  for (;;) {
    const order = Array.from(randperm(set.length, { generator }).dataSync(), Number)
    for (let at = 0; at + size <= order.length; at += size) yield order.slice(at, at + size)
  }
}

/** The pictures at some places, as [n, 1, 20, 20], with their labels. */
export function taken(
  { inputs, labels }: Digits,
  places: readonly number[],
): [images: Tensor, labels: Tensor] {
  const images = new Float32Array(places.length * PIXELS)
  for (const [i, at] of places.entries())
    images.set(inputs.subarray(at * PIXELS, (at + 1) * PIXELS), i * PIXELS)
  return [
    tensor(images, { shape: [places.length, 1, CANVAS, CANVAS] }),
    tensor(Int32Array.from(places, (at) => labels[at]!)),
  ]
}

export const everyPlace = ({ length }: Digits): number[] => Array.from({ length }, (_, i) => i)

/** A picture as HeatMap wants it: its lowest row first. */
export const rowsUpwards = (image: ArrayLike<number>): number[] =>
  Array.from(
    { length: PIXELS },
    (_, i) => image[(CANVAS - 1 - Math.floor(i / CANVAS)) * CANVAS + (i % CANVAS)]!,
  )
