import type { DType, Shape } from "../base/index.ts"
import { formatShape, isFloating, NablaError, sameShape } from "../base/index.ts"
import type { Attrs, Aval, Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { KernelBuilder, Scalar, Value } from "../kernel/index.ts"
import { scalarType, withBatch } from "./broadcast.ts"
import type { Primitive } from "./record.ts"

interface ElementwiseSpec<A extends Attrs> {
  readonly name: string
  key?(attrs: A): string
  /** Whether the arguments may have different types. */
  readonly mixed?: boolean
  /** Type of the result; default: that of the first argument. */
  dtype?(inputs: readonly Aval[], attrs: A): DType
  readonly cost?: number
  value(b: KernelBuilder, args: readonly Value[], attrs: A, type: Scalar): Value
  /**
   * ∂result/∂input_i times `t`, elementwise. The Jacobian is diagonal, so that one rule serves forwards and backwards.
   * null where the derivative is zero everywhere (steps, comparisons).
   */
  derivative: ((t: Node, i: number, node: Node, attrs: A) => Node | null) | null
  /** See Op.detaches. */
  readonly detaches?: boolean
  /** How contributions of several inputs are added in forward mode. */
  plus?(a: Node, b: Node): Node
}

function sharedShape(name: string, inputs: readonly Aval[]): Shape {
  const [first] = inputs
  for (const input of inputs) {
    if (!sameShape(input.shape, first!.shape)) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "elementwise arguments must have one shape",
        where: name,
        expected: formatShape(first!.shape),
        got: formatShape(input.shape),
      })
    }
  }
  return first!.shape
}

function sharedType(name: string, inputs: readonly Aval[]): DType {
  const [first] = inputs
  for (const input of inputs) {
    if (input.dtype !== first!.dtype) {
      throw new NablaError("NABLA_INVALID_DTYPE", {
        message: "elementwise arguments must have one type",
        where: name,
        expected: first!.dtype,
        got: input.dtype,
      })
    }
  }
  return first!.dtype
}

/** A primitive that computes each element from the elements at the same place. */
/* @__NO_SIDE_EFFECTS__ */
export function elementwise<A extends Attrs>(spec: ElementwiseSpec<A>): Primitive<A> {
  const { name, derivative } = spec
  const record: Primitive<A> = {
    name,
    detaches: spec.detaches ?? false,
    key: spec.key ?? (() => ""),
    shape: (inputs, attrs) => {
      const shape = sharedShape(name, inputs)
      const type = spec.mixed ? inputs[0]!.dtype : sharedType(name, inputs)
      return aval(shape, spec.dtype === undefined ? type : spec.dtype(inputs, attrs))
    },
    jvp: (tangents, node, attrs) => {
      let total: Node | null = null
      tangents.forEach((t, i) => {
        const part = t === null || derivative === null ? null : derivative(t, i, node, attrs)
        if (part !== null) total = total === null ? part : spec.plus!(total, part)
      })
      return total
    },
    vjp: (ct, node, attrs, needed) =>
      node.inputs.map((input, i) =>
        derivative === null || !needed[i] || !isFloating(input.aval.dtype)
          ? null
          : derivative(ct, i, node, attrs),
      ),
    vmap: (inputs, batched, size, attrs) =>
      makeNode(
        record,
        inputs.map((input, i) => withBatch(input, batched[i]!, size)),
        attrs,
      ),
    lower: {
      kind: "pointwise",
      cost: spec.cost ?? 1,
      elementwise: true,
      value: (pull, index) => {
        const args = pull.inputs.map((_, i) => pull.input(i, index))
        return spec.value(pull.b, args, pull.attrs, scalarType(pull.output))
      },
    },
  }
  return record
}
