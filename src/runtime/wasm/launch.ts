import type { BufferRef } from "../../base/index.ts"

export type KernelFunction = (...pointers: number[]) => void

const pointer = ({ allocation, byteOffset }: BufferRef): number => allocation.address + byteOffset

/** Calls a kernel. With its arguments written out a call is several times as fast as with a spread array. */
export function launch(kernel: KernelFunction, b: readonly BufferRef[]): void {
  const count = b.length
  if (count === 1) kernel(pointer(b[0]!))
  else if (count === 2) kernel(pointer(b[0]!), pointer(b[1]!))
  else if (count === 3) kernel(pointer(b[0]!), pointer(b[1]!), pointer(b[2]!))
  else if (count === 4) kernel(pointer(b[0]!), pointer(b[1]!), pointer(b[2]!), pointer(b[3]!))
  else if (count === 0 || count > 8) kernel(...b.map(pointer))
  else launchWide(kernel, b)
}

function launchWide(kernel: KernelFunction, b: readonly BufferRef[]): void {
  const p = pointer(b[0]!)
  const q = pointer(b[1]!)
  const r = pointer(b[2]!)
  const s = pointer(b[3]!)
  const t = pointer(b[4]!)
  const count = b.length
  if (count === 5) kernel(p, q, r, s, t)
  else if (count === 6) kernel(p, q, r, s, t, pointer(b[5]!))
  else if (count === 7) kernel(p, q, r, s, t, pointer(b[5]!), pointer(b[6]!))
  else kernel(p, q, r, s, t, pointer(b[5]!), pointer(b[6]!), pointer(b[7]!))
}
