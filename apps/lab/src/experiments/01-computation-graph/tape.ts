import type { Tensor } from "nabla"
import { full, NablaError, surfaces, tensor } from "nabla"
import { MOST } from "./controls.ts"

/** A place on the tape, or a number that stands in the formula. */
export type Argument = { readonly place: number } | { readonly number: number }

export interface Operation {
  readonly op: surfaces.ExpressionFunction
  readonly args: readonly Argument[]
}

/**
 * A formula as the list of its operations, each after those that it needs: the evaluation trace. Places 0 … inputs − 1 are
 * the inputs; operations follow. What occurs twice stands here once.
 */
export interface Tape {
  readonly inputs: number
  readonly operations: readonly Operation[]
  /** Their places. */
  readonly outputs: readonly number[]
}

export const double = (value: number): Tensor => tensor(value, { dtype: "float64" })

const wrong = (message: string, expected: string, got: string): NablaError =>
  new NablaError("NABLA_INVALID_ARGUMENT", { message, expected, got })

/** The point: numbers with commas between them. */
export function readPoint(text: string): number[] {
  const point = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)))
  if (point.every(Number.isFinite) && point.length <= MOST.inputs) return point
  throw wrong("this is no point", `1 to ${MOST.inputs} numbers with commas between them, such as 2, 5`, text)
}

class Recorder {
  readonly operations: Operation[] = []
  private readonly known = new Map<string, number>()
  private readonly inputs: number

  constructor(inputs: number) {
    this.inputs = inputs
  }

  place(tree: surfaces.ExpressionTree): Argument {
    if (tree.kind === "number") return { number: tree.value }
    if (tree.kind === "coordinate") return { place: tree.index }
    const args = tree.args.map((arg) => this.place(arg))
    // Numbers alone are computed at once: no derivative passes through them.
    if (args.every((arg) => "number" in arg)) {
      return { number: apply({ op: tree.name, args }, []).itemSync() }
    }
    const key = `${tree.name} ${JSON.stringify(args)}`
    const place = this.known.get(key) ?? this.inputs + this.operations.push({ op: tree.name, args }) - 1
    this.known.set(key, place)
    return { place }
  }
}

/** Reads formulas that are separated by semicolons. */
export function record(text: string, inputs: number): Tape {
  const names = Array.from({ length: inputs }, (_, i) => `x${i + 1}`)
  const texts = text.split(";").filter((part) => part.trim() !== "")
  if (texts.length === 0 || texts.length > MOST.outputs)
    throw wrong(
      "there is nothing to compute, or too much",
      `1 to ${MOST.outputs} functions`,
      `${texts.length}`,
    )
  const recorder = new Recorder(inputs)
  const outputs = texts.map((part) => {
    const argument = recorder.place(surfaces.parseExpression(part.trim(), names))
    if ("place" in argument) return argument.place
    throw wrong("a function depends on no input", `one of ${names.join(", ")} in it`, part.trim())
  })
  const { operations } = recorder
  if (operations.length > MOST.operations)
    throw wrong(
      "the graph is too large to be drawn",
      `at most ${MOST.operations} operations`,
      `${operations.length}`,
    )
  return { inputs, operations, outputs }
}

/** The value of one operation, by nabla. */
export function apply({ op, args }: Operation, values: readonly Tensor[]): Tensor {
  const shape = values[0]?.shape ?? []
  const given = args.map((arg, i) => {
    if ("place" in arg) return values[arg.place]!
    return op === "pow" && i === 1 ? arg.number : full(shape, arg.number, { dtype: "float64" })
  })
  return (surfaces.expressionFunctions[op] as (...given: (Tensor | number)[]) => Tensor)(...given)
}

/** Plays the tape: the values at all places. `through` may put something in the place of each operation's result. */
export function play(
  { operations }: Tape,
  inputs: readonly Tensor[],
  through: (result: Tensor, place: number) => Tensor = (result) => result,
): Tensor[] {
  const values = [...inputs]
  for (const operation of operations) values.push(through(apply(operation, values), values.length))
  return values
}
