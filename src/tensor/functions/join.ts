import type { Shape } from "../../base/index.ts"
import { formatShape, NablaError, normalizeDim } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import { zeros } from "../creation.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { atleast1d, atleast2d, atleast3d, flatten, transpose, unsqueeze } from "./shape.ts"

function checkSome(tensors: readonly Tensor[], where: string): void {
  if (tensors.length > 0) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is nothing to join",
    where,
    expected: "at least one tensor",
    got: "an empty list",
  })
}

/**
 * Tensors one after another along a dimension; their other sizes must agree. Empty vectors fit everywhere, as in
 * PyTorch.
 */
export const cat = composed("cat", (tensors: readonly Tensor[], dim = 0): Tensor => {
  checkSome(tensors, "cat")
  const parts = tensors.filter(({ shape }) => shape.length !== 1 || shape[0] !== 0)
  const [first] = parts
  if (first === undefined) return tensors[0]!
  if (first.ndim === 0) throw scalarError()
  const at = normalizeDim(dim, first.ndim, "cat")
  for (const { shape } of parts) {
    const fits = shape.length === first.ndim && shape.every((size, i) => i === at || size === first.shape[i])
    if (!fits) throw shapeError("cat", `${formatShape(first.shape)} up to dimension ${at}`, shape)
  }
  const dtype = resultType(...parts)
  const nodes = parts.map((part) => ops.cast(nodeOf(part), dtype))
  return wrap(ops.cat(nodes, at))
})

function scalarError(): NablaError {
  return new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "tensors of no dimensions have nothing to be joined along",
    where: "cat",
    expected: "at least one dimension",
    got: "[]",
    hint: "use stack",
  })
}

function shapeError(where: string, expected: string, got: Shape): NablaError {
  return new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the tensors do not fit together",
    where,
    expected,
    got: formatShape(got),
  })
}

/** Tensors of one shape along a new dimension. */
export const stack = composed("stack", (tensors: readonly Tensor[], dim = 0): Tensor => {
  checkSome(tensors, "stack")
  const [first] = tensors
  const at = normalizeDim(dim, first!.ndim + 1, "stack")
  for (const { shape } of tensors) {
    if (formatShape(shape) !== formatShape(first!.shape)) {
      throw shapeError("stack", formatShape(first!.shape), shape)
    }
  }
  return cat(
    tensors.map((tensor) => unsqueeze(tensor, at)),
    at,
  )
})

/** Side by side: along dimension 1, vectors along dimension 0. */
export const hstack = composed("hstack", (tensors: readonly Tensor[]): Tensor => {
  checkSome(tensors, "hstack")
  const parts = tensors.map(atleast1d)
  return cat(parts, parts[0]!.ndim === 1 ? 0 : 1)
})

/** One below another: along dimension 0, vectors as rows. */
export const vstack = composed("vstack", (tensors: readonly Tensor[]): Tensor => {
  return cat(tensors.map(atleast2d), 0)
})

/** One behind another: along dimension 2. */
export const dstack = composed("dstack", (tensors: readonly Tensor[]): Tensor => {
  return cat(tensors.map(atleast3d), 2)
})

/** Vectors as columns, matrices as they are, side by side. */
export const columnStack = composed("columnStack", (tensors: readonly Tensor[]): Tensor => {
  return cat(
    tensors.map((tensor) => (tensor.ndim < 2 ? transpose(atleast2d(tensor), 0, 1) : tensor)),
    1,
  )
})

/** Matrices along the diagonal of a larger one, zeros elsewhere. */
export const blockDiag = composed("blockDiag", (tensors: readonly Tensor[]): Tensor => {
  checkSome(tensors, "blockDiag")
  const blocks = tensors.map(atleast2d)
  const width = blocks.reduce((total, block) => total + block.shape[1]!, 0)
  let left = 0
  const rows = blocks.map((block) => {
    const [height, own] = block.shape as [number, number]
    const { dtype } = block
    const row = [zeros([height, left], { dtype }), block, zeros([height, width - left - own], { dtype })]
    left += own
    return cat(row, 1)
  })
  return cat(rows, 0)
})

/**
 * Grids of coordinates from vectors: result i varies along dimension i only ("ij", matrices) or, with "xy", along the
 * dimensions of a picture, where the first two are exchanged.
 */
export const meshgrid = composed(
  "meshgrid",
  (tensors: readonly Tensor[], { indexing = "ij" }: { readonly indexing?: "ij" | "xy" } = {}): Tensor[] => {
    const swapped = indexing === "xy" && tensors.length > 1
    const place = (i: number): number => (swapped && i < 2 ? 1 - i : i)
    const sizes = tensors.map((tensor) => tensor.numel())
    const shape = sizes.map((_, i) => sizes[place(i)]!)
    return tensors.map((tensor, i) => {
      const apart = shape.map((size, dim) => (dim === place(i) ? size : 1))
      return wrap(ops.expand(ops.reshape(nodeOf(tensor), apart), shape))
    })
  },
)

/** All combinations of the elements of vectors, one a row, the last vector running fastest. */
export const cartesianProd = composed("cartesianProd", (tensors: readonly Tensor[]): Tensor => {
  checkSome(tensors, "cartesianProd")
  if (tensors.length === 1) return tensors[0]!
  return stack(
    meshgrid(tensors).map((grid) => flatten(grid)),
    1,
  )
})
