import { formatShape, hostArray, NablaError, numel } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { eye, full, tensor as tensorOf } from "../../tensor/index.ts"
import { assign } from "../assign.ts"

/**
 * The same number everywhere. As initial weights of a layer it makes all units of the layer the same for good: they
 * compute the same and get the same gradient.
 *
 * @example nn.init.constant_(zeros([2]), 0.5) // [0.5, 0.5]
 */
export function constant_(tensor: Tensor, value: number): Tensor {
  return assign(tensor, full(tensor.shape, value, { dtype: tensor.dtype }))
}

/** 0 everywhere. */
export function zeros_(tensor: Tensor): Tensor {
  return constant_(tensor, 0)
}

/** 1 everywhere. */
export function ones_(tensor: Tensor): Tensor {
  return constant_(tensor, 1)
}

/**
 * 1 on the main diagonal of a matrix and 0 elsewhere: a linear layer that passes on its inputs.
 *
 * @throws NABLA_SHAPE_MISMATCH for a tensor that is no matrix
 *
 * @example nn.init.eye_(zeros([2, 3])) // [[1, 0, 0], [0, 1, 0]]
 */
export function eye_(tensor: Tensor): Tensor {
  const [rows, columns] = tensor.shape
  if (tensor.ndim !== 2) throw wrongRank("eye_", "a matrix", tensor)
  return assign(tensor, eye(rows!, columns!, { dtype: tensor.dtype }))
}

export interface DiracOptions {
  /** Groups of channels, each of which passes on its own inputs. Default: 1. */
  readonly groups?: number
}

/**
 * Filters of a convolution that pass on as many channels as they can: W[o, i, centre] = 1 for o = i in each group, and 0
 * elsewhere.
 *
 * @throws NABLA_SHAPE_MISMATCH for other than 3, 4 or 5 dimensions
 * @throws NABLA_INVALID_ARGUMENT when the output channels cannot be split evenly
 *
 * @example nn.init.dirac_(zeros([1, 1, 3])) // [[[0, 1, 0]]]
 */
export function dirac_(tensor: Tensor, { groups = 1 }: DiracOptions = {}): Tensor {
  const { shape } = tensor
  const [outputs, inputs, ...kernel] = shape
  if (shape.length < 3 || shape.length > 5) throw wrongRank("dirac_", "3, 4 or 5 dimensions", tensor)
  if (!(groups >= 1) || outputs! % groups !== 0) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the output channels cannot be split evenly into groups",
      where: "dirac_",
      expected: `a divisor of ${outputs}`,
      got: String(groups),
    })
  }
  const field = kernel.reduce((n, size) => n * size, 1)
  const centre = kernel.reduce((at, size) => at * size + Math.floor(size / 2), 0)
  const data = hostArray(tensor.dtype, numel(shape))
  const perGroup = outputs! / groups
  for (let group = 0; group < groups; group++) {
    for (let i = 0; i < Math.min(perGroup, inputs!); i++) {
      data[((group * perGroup + i) * inputs! + i) * field + centre] = 1
    }
  }
  return assign(tensor, tensorOf(data, { shape, dtype: tensor.dtype }))
}

export function wrongRank(where: string, expected: string, got: Tensor): NablaError {
  return new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the initialiser does not fit a tensor of this rank",
    where,
    expected,
    got: formatShape(got.shape),
  })
}
