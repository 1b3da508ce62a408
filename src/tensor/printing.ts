import type { TypedArray } from "../base/index.ts"
import { formatShape, NablaError } from "../base/index.ts"
import { readSync } from "../engine/index.ts"
import { Tracking } from "../graph/index.ts"
import type { Tensor } from "./tensor.ts"

/** PyTorch's defaults: digits, elements from which on a tensor is summarised, elements shown at an edge, line width. */
const PRECISION = 4
const THRESHOLD = 1000
const EDGE = 3
const LINE_WIDTH = 80

/** Numbers, booleans, or arrays of them nested as deep as the tensor has dimensions. */
export type NestedValues = number | boolean | NestedValues[]

/** The elements as nested JavaScript arrays; a tensor of no dimensions as a number or boolean. Waits for the device. */
export function toArray(input: Tensor): NestedValues {
  const values = readSync(input.node)
  const { shape } = input
  const nest = (dim: number, start: number, count: number): NestedValues => {
    if (dim === shape.length) return input.dtype === "bool" ? values[start] !== 0 : values[start]!
    const step = count / Math.max(shape[dim]!, 1)
    return Array.from({ length: shape[dim]! }, (_, i) => nest(dim + 1, start + i * step, step))
  }
  return nest(0, 0, input.numel())
}

/** Text that reads like PyTorch's: `tensor([[1.0000, 2.5000], [3.0000, 4.0000]])`, long tensors summarised. */
export function describe(input: Tensor): string {
  const indent = "tensor(".length
  const suffixes = notes(input)
  const values = valuesOf(input)
  if (typeof values === "string") return `tensor(${[values, ...suffixes].join(", ")})`
  const body = input.numel() === 0 ? "[]" : new Printer(input, values).lines(indent)
  const lastLine = indent + body.length - (body.lastIndexOf("\n") + 1)
  const tail = suffixes.join(", ")
  if (tail === "") return `tensor(${body})`
  const fits = lastLine + tail.length + 3 <= LINE_WIDTH
  return `tensor(${body},${fits ? " " : `\n${" ".repeat(indent)}`}${tail})`
}

/** What is said after the values: the shape where they do not show it, the type where it is not the usual one. */
function notes(input: Tensor): string[] {
  const out: string[] = []
  const hidden = input.numel() === 0 && input.ndim !== 1
  if (hidden) out.push(`shape=${formatShape(input.shape)}`)
  if (input.dtype === "float64") out.push("dtype=float64")
  else if (input.numel() === 0 && input.dtype !== "float32") out.push(`dtype=${input.dtype}`)
  if (input.requiresGrad) out.push("requiresGrad=true")
  return out
}

/** The elements, or words in their place where they cannot be had. */
function valuesOf(input: Tensor): TypedArray | string {
  const unknown = `shape=${formatShape(input.shape)}`
  if (input.node.tracking === Tracking.placeholder) return `<one example of a batch>, ${unknown}`
  try {
    return readSync(input.node)
  } catch (error) {
    if (error instanceof NablaError && error.code === "NABLA_SYNC_READ") return `<on the device>, ${unknown}`
    throw error
  }
}

class Printer {
  private readonly shape: readonly number[]
  private readonly values: TypedArray
  private readonly summarised: boolean
  private readonly format: (value: number) => string
  private readonly width: number

  constructor(input: Tensor, values: TypedArray) {
    this.shape = input.shape
    this.values = values
    this.summarised = values.length > THRESHOLD
    const shown: number[] = []
    this.visit(0, 0, values.length, shown)
    this.format = input.dtype === "bool" ? formatBool : input.dtype === "int32" ? String : floatFormat(shown)
    this.width = shown.reduce((width, value) => Math.max(width, this.format(value).length), 0)
  }

  /** Indices of a dimension that are shown; null for what is left out. */
  private places(size: number): (number | null)[] {
    if (!this.summarised || size <= 2 * EDGE) return Array.from({ length: size }, (_, i) => i)
    const edge = Array.from({ length: EDGE }, (_, i) => i)
    return [...edge, null, ...edge.map((i) => size - EDGE + i)]
  }

  private visit(dim: number, start: number, count: number, shown: number[]): void {
    if (dim === this.shape.length) {
      shown.push(this.values[start]!)
      return
    }
    const step = count / this.shape[dim]!
    for (const i of this.places(this.shape[dim]!)) {
      if (i !== null) this.visit(dim + 1, start + i * step, step, shown)
    }
  }

  lines(indent: number): string {
    return this.part(0, 0, this.values.length, indent)
  }

  private part(dim: number, start: number, count: number, indent: number): string {
    if (dim === this.shape.length) return this.format(this.values[start]!)
    const size = this.shape[dim]!
    const step = count / size
    if (dim === this.shape.length - 1) return this.row(start, size, indent)
    const gap = `,${"\n".repeat(this.shape.length - 1 - dim)}${" ".repeat(indent + 1)}`
    const parts = this.places(size).map((i) =>
      i === null ? "..." : this.part(dim + 1, start + i * step, step, indent + 1),
    )
    return `[${parts.join(gap)}]`
  }

  private row(start: number, size: number, indent: number): string {
    const cells = this.places(size).map((i) =>
      i === null ? " ..." : this.format(this.values[start + i]!).padStart(this.width),
    )
    const perLine = Math.max(1, Math.floor((LINE_WIDTH - indent) / (this.width + 2)))
    const lines: string[] = []
    for (let i = 0; i < cells.length; i += perLine) lines.push(cells.slice(i, i + perLine).join(", "))
    return `[${lines.join(`,\n${" ".repeat(indent + 1)}`)}]`
  }
}

function formatBool(value: number): string {
  return value === 0 ? "false" : "true"
}

function special(value: number): string {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"
}

/** One notation for all: whole numbers with a point, a fixed number of digits, or powers of ten where they differ much. */
function floatFormat(shown: readonly number[]): (value: number) => string {
  const sizes = shown.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs)
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0)
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Infinity)
  const whole = shown.every((value) => !Number.isFinite(value) || Number.isInteger(value))
  const scattered = sizes.length > 0 && (largest / smallest > 1000 || largest > 1e8)
  const scientific = scattered || (!whole && sizes.length > 0 && smallest < 1e-4)
  const digits = (value: number): string => {
    if (scientific) return exponential(value)
    return whole ? `${value.toFixed(0)}.` : value.toFixed(PRECISION)
  }
  return (value) => {
    if (!Number.isFinite(value)) return special(value)
    const text = digits(value)
    return Object.is(value, -0) && !text.startsWith("-") ? `-${text}` : text
  }
}

/** 1.2346e-05, with at least two digits in the exponent as in C. */
function exponential(value: number): string {
  return value.toExponential(PRECISION).replace(/e([+-])(\d)$/, "e$10$2")
}
