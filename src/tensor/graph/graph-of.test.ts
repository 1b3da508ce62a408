import { beforeEach, describe, expect, test } from "vitest"
import {
  graphOf,
  matmul,
  setDefaultDevice,
  softmax,
  type Tensor,
  tensor,
  toDot,
  toMermaid,
} from "../index.ts"

beforeEach(() => setDefaultDevice("reference"))

const example = (): { w: Tensor; y: Tensor } => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ])
  const w = tensor([
    [0.5, 1],
    [1, 0.1],
  ]).requiresGrad_()
  return { w, y: softmax(matmul(x, w).add(1).tanh(), 1).mean() }
}

const ops = (y: Tensor, level: "user" | "primitive" | "kernel"): string[] =>
  graphOf(y, { level }).nodes.map(({ op }) => op)

describe("graphOf", () => {
  test("shows what was written", () => {
    expect(ops(example().y, "user")).toEqual([
      "input",
      "parameter",
      "matmul",
      "add",
      "tanh",
      "softmax",
      "mean",
    ])
    const { edges, nodes } = graphOf(example().y)
    const name = new Map(nodes.map(({ id, op }) => [id, op]))
    expect(edges.map(({ from, to }) => `${name.get(from)}>${name.get(to)}`)).toEqual([
      "input>matmul",
      "parameter>matmul",
      "matmul>add",
      "add>tanh",
      "tanh>softmax",
      "softmax>mean",
    ])
  })

  test("shows the primitives behind it", () => {
    expect(ops(example().y, "primitive")).toEqual(
      expect.arrayContaining(["dot", "tanh", "exp", "max", "sum", "div"]),
    )
  })

  test("shows the kernels that the device runs, before and after they ran", () => {
    const { y } = example()
    const before = ops(y, "kernel")
    expect(before).toContain("parameter")
    expect(before.length).toBeLessThan(ops(y, "primitive").length / 3)
    y.itemSync()
    expect(ops(y, "kernel")).toEqual(before)
  })

  test("shows shapes, values and gradients", () => {
    const { w, y } = example()
    y.backward()
    const { nodes } = graphOf(y, { values: true, gradients: true })
    const parameter = nodes.find(({ kind }) => kind === "parameter")!
    expect(parameter).toMatchObject({ shape: [2, 2], dtype: "float32" })
    expect(parameter.gradient).toEqual(Array.from(w.grad!.dataSync()))
    expect(nodes.at(-1)!.value![0]).toBeCloseTo(0.5, 6)
  })

  test("shows the backward pass like any other graph", () => {
    const { w, y } = example()
    y.backward()
    expect(graphOf(w.grad!, { level: "primitive" }).nodes.length).toBeGreaterThan(10)
  })

  test("is written in the languages of Graphviz and Mermaid", () => {
    const graph = graphOf(tensor([1, 2]).requiresGrad_().mul(3).sum())
    expect(toDot(graph).replace(/n\d+/g, "n")).toMatchInlineSnapshot(`
      "digraph nabla {
        rankdir=TB
        node [fontname=sans fontsize=10]
          n [label="parameter\\nfloat32 [2]" shape=ellipse style=filled fillcolor=lightyellow]
          n [label="mul\\nfloat32 [2]" shape=box style=rounded]
          n [label="sum\\nfloat32 []" shape=box style=rounded]
        n -> n
        n -> n
      }
      "
    `)
    expect(toMermaid(graph).replace(/n\d+/g, "n")).toMatchInlineSnapshot(`
      "flowchart TD
          n[/"parameter<br/>float32 [2]"/]
          n["mul<br/>float32 [2]"]
          n["sum<br/>float32 []"]
        n --> n
        n --> n
      "
    `)
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph)
  })
})
