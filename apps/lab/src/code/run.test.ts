import { describe, expect, test } from "vitest"
import type { Session } from "../engine/protocol.ts"
import { examples } from "./examples.ts"
import { run } from "./run.ts"
import type { View } from "./view.ts"

const session: Session = {
  signal: new AbortController().signal,
  show: () => {},
  commands: () => [],
  idle: async () => {},
}

async function last(source: string): Promise<View> {
  const views: View[] = []
  for await (const view of run({ source }, session)) views.push(view)
  return views.at(-1)!
}

describe("a script", () => {
  test.each(examples.map(({ title, source }) => [title, source]))("example: %s", async (_, source) => {
    const view = await last(source)
    expect(view.problem).toBeNull()
    expect(view.state).toBe("finished")
    expect(view.series.length + view.lines.length).toBeGreaterThan(0)
  })

  test("has types, imports, and await anywhere", async () => {
    const view = await last(`
      import { tensor, type Tensor } from "nabla"
      import * as nn from "nabla/nn"
      interface Pair { readonly a: number }
      const pair: Pair = { a: 2 }
      const x: Tensor = tensor([1, pair.a])
      record("sum", x.sum())
      record({ two: await x.max().item() as number })
      print(typeof nn.Linear, [1, 2], "text")`)
    expect(view.problem).toBeNull()
    expect(view.series.map(({ name, points }) => [name, points])).toEqual([
      ["sum", [[1, 3]]],
      ["two", [[1, 2]]],
    ])
    expect(view.lines).toEqual(["function [1,2] text"])
  })

  test("that fails is explained, with its line, and what it had shown stays", async () => {
    const view = await last('record("a", 1)\n\nconst x: number = 1\nthrow new Error("mine")')
    expect(view).toMatchObject({ state: "failed", problem: { message: "Error: mine", line: 4 } })
    expect(view.series).toHaveLength(1)
    const shapes = await last('import { tensor } from "nabla"\ntensor([1, 2])\n  .add(tensor([1, 2, 3]))')
    expect(shapes.problem).toMatchObject({ line: 3, message: expect.stringContaining("add") })
    expect((await last("const a = 1\nconst = 2")).problem).toMatchObject({ line: 2 })
    expect((await last("throw 5")).problem!.message).toBe("the script threw 5")
  })

  test("imports nothing but nabla", async () => {
    const view = await last('import { readFileSync } from "node:fs"\nreadFileSync("/etc/passwd")')
    expect(view.problem!.message).toContain("“node:fs” cannot be imported here")
  })

  test("takes bounded room, however long it records", async () => {
    const view = await last('for (let i = 0; i < 50_000; i++) { record("i", i); if (i % 10 === 0) print(i) }')
    expect(view.series[0]!.points.length).toBeLessThanOrEqual(2001)
    expect(view.series[0]!.points.at(-1)).toEqual([50_000, 49_999])
    expect([view.lines.length, view.dropped]).toEqual([500, 4500])
  })
})
