/** Indices and slices of Python's sequences. */
import { isInteger, PythonError, Slice, typeName, type Value } from "./values.ts"

export function getSequenceItem(
  items: readonly Value[],
  index: Value,
  rebuild: (items: Value[]) => Value = (items) => items,
): Value {
  if (isInteger(index)) return items[position(items.length, index)]
  if (index instanceof Slice) return rebuild(slicePositions(index, items.length).map((at) => items[at]))
  throw new PythonError("TypeError", `${typeName(index)} is no index of a sequence`)
}

export function position(length: number, index: bigint | boolean): number {
  const at = Number(index) < 0 ? Number(index) + length : Number(index)
  if (at < 0 || at >= length)
    throw new PythonError("IndexError", `${index} is out of range for ${length} items`)
  return at
}

/** The positions that `start:stop:step` takes from a sequence of some length. */
export function slicePositions(slice: Slice, length: number): number[] {
  const step = slice.step === null ? 1 : Number(slice.step)
  if (step === 0) throw new PythonError("ValueError", "slice step cannot be zero")
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1]
  const bound = (value: Value, missing: number) => {
    if (value === null) return missing
    const at = Number(value) < 0 ? Number(value) + length : Number(value)
    return Math.min(Math.max(at, low), high)
  }
  const start = bound(slice.start, step > 0 ? low : high)
  const stop = bound(slice.stop, step > 0 ? high : low)
  const positions: number[] = []
  for (let at = start; step > 0 ? at < stop : at > stop; at += step) positions.push(at)
  return positions
}
