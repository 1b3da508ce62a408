import { expect, it } from "vitest"
import * as k from "./expr.ts"
import type { Kernel } from "./ir.ts"
import { printExpr, printKernel } from "./print.ts"

const i = { id: 0, type: "i32", lanes: 1 } as const
const x = { id: 1, type: "f32", lanes: 4 } as const
const int = (value: number) => k.constant("i32", value)

it("prints a kernel as text", () => {
  const kernel: Kernel = {
    name: "relu",
    buffers: [
      { type: "f32", length: 8, access: "read" },
      { type: "f32", length: 8, access: "write" },
    ],
    body: [
      {
        kind: "for",
        variable: i,
        from: int(0),
        to: int(8),
        step: 4,
        body: [
          { kind: "let", variable: x, value: k.load(0, "f32", k.use(i), 4) },
          {
            kind: "store",
            buffer: 1,
            index: k.use(i),
            value: k.binary("max", k.use(x), k.constant("f32", 0, 4)),
          },
        ],
      },
      {
        kind: "if",
        condition: k.compare("lt", k.load(0, "f32", int(0)), k.constant("f32", -0)),
        then: [{ kind: "while", condition: k.constant("bool", 0), body: [] }],
        else: [{ kind: "assign", variable: x, value: k.splat(k.extract(k.use(x), 2), 4) }],
      },
    ],
  }
  expect(printKernel(kernel)).toBe(`kernel relu(b0: read f32[8], b1: write f32[8])
  for v0 in 0 .. 8 by 4
    v1: f32x4 = b0[v0:4]
    b1[v0:4] = max(v1, splat(0))
  if b0[0] < -0
    while 0
  else
    v1 = splat(lane2(v1))
`)
})

it("shows the order of a sum by parentheses, and no others", () => {
  const [a, b, c] = [1, 2, 3].map((id) => k.use({ id, type: "i32", lanes: 1 }))
  const texts: [k: ReturnType<typeof k.add>, text: string][] = [
    [k.add(k.add(a!, b!), c!), "v1 + v2 + v3"],
    [k.add(a!, k.add(b!, c!)), "v1 + (v2 + v3)"],
    [k.mul(k.add(a!, b!), c!), "(v1 + v2) * v3"],
    [k.add(k.mul(a!, b!), c!), "v1 * v2 + v3"],
    [k.binary("and", k.binary("shl", a!, b!), c!), "(v1 << v2) & v3"],
    [k.compare("eq", k.add(a!, b!), c!), "v1 + v2 == v3"],
  ]
  for (const [expr, text] of texts) expect(printExpr(expr)).toBe(text)
})
