import { expect, test } from "vitest"
import { worksInPlace } from "./in-place.ts"
import type { BufferParam, Expr, Kernel, Lanes, Stmt } from "./index.ts"
import { add, constant, load, use } from "./index.ts"

const int = (value: number): Expr => constant("i32", value)
const i = { id: 0, type: "i32", lanes: 1 } as const

const store = (buffer: number, index: Expr, value: Expr): Stmt => ({ kind: "store", buffer, index, value })
const loop = (from: number, to: number, step: number, body: readonly Stmt[]): Stmt => ({
  kind: "for",
  variable: i,
  from: int(from),
  to: int(to),
  step,
  body,
})

const buffer = (access: "read" | "write", length = 10): BufferParam => ({ type: "f32", length, access })

/** A kernel of one input (0) and one output (1). */
const kernel = (body: readonly Stmt[], input = buffer("read"), output = buffer("write")): Kernel => ({
  name: "example",
  buffers: [input, output],
  body,
})

const element = (lanes: Lanes = 1, index: Expr = use(i)): Stmt =>
  store(1, use(i), load(0, "f32", index, lanes))

test("elements that each turn reads and stores at one place", () => {
  expect(worksInPlace(kernel([loop(0, 10, 1, [element()])]), 0, 1)).toBe(true)
  expect(worksInPlace(kernel([loop(0, 8, 4, [element(4)]), loop(8, 10, 1, [element()])]), 0, 1)).toBe(true)
})

test("a vector that begins before the last one ends would read what that one wrote", () => {
  expect(worksInPlace(kernel([loop(0, 8, 4, [element(4)]), loop(6, 10, 4, [element(4)])]), 0, 1)).toBe(false)
})

test("an element that another turn reads", () => {
  expect(worksInPlace(kernel([loop(0, 10, 1, [element(1, add(use(i), int(1)))])]), 0, 1)).toBe(false)
  const twice = [loop(0, 10, 1, [element()]), loop(0, 10, 1, [element()])]
  expect(worksInPlace(kernel(twice), 0, 1)).toBe(false)
})

test("a read after the store, or of the output itself", () => {
  const v = { id: 1, type: "f32", lanes: 1 } as const
  const late: Stmt[] = [element(), { kind: "let", variable: v, value: load(0, "f32", use(i)) }]
  expect(worksInPlace(kernel([loop(0, 10, 1, late)]), 0, 1)).toBe(false)
  const sum = store(1, use(i), add(load(0, "f32", use(i)), load(1, "f32", use(i))))
  expect(worksInPlace(kernel([loop(0, 10, 1, [sum])]), 0, 1)).toBe(false)
})

test("a value from before a loop, which threads read again", () => {
  const v = { id: 1, type: "f32", lanes: 1 } as const
  const body: Stmt[] = [
    { kind: "let", variable: v, value: load(0, "f32", int(0)) },
    store(1, int(0), use(v)),
    loop(0, 10, 1, [store(2, use(i), use(v))]),
  ]
  const one = kernel(body, buffer("read", 1), buffer("write", 1))
  expect(worksInPlace({ ...one, buffers: [...one.buffers, buffer("write")] }, 0, 1)).toBe(false)
  expect(worksInPlace(kernel(body.slice(0, 2), buffer("read", 1), buffer("write", 1)), 0, 1)).toBe(true)
})

test("values of another size or type", () => {
  const all = [loop(0, 10, 1, [element()])]
  expect(worksInPlace(kernel(all, buffer("read", 11)), 0, 1)).toBe(false)
  expect(worksInPlace(kernel(all, { type: "i32", length: 10, access: "read" }), 0, 1)).toBe(false)
})
