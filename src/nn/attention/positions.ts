import type { DType } from "../../base/index.ts"
import { formatShape, hostArray, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, cat, composed, mul, stack, sub, tensor, zeros } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { normal_ } from "../init/index.ts"
import { Module } from "../module.ts"
import { Buffer, Parameter } from "../parameter.ts"

/** Angles position/base^(2i/features) for i = 0 … features/2 − 1: [length, features/2], computed in doubles. */
function angles(
  length: number,
  features: number,
  base: number,
  f: (angle: number) => number,
  dtype: DType,
): Tensor {
  const half = Math.ceil(features / 2)
  const data = hostArray(dtype, length * half)
  for (let at = 0; at < data.length; at++) {
    const [position, i] = [Math.floor(at / half), at % half]
    data[at] = f(position / base ** ((2 * i) / features))
  }
  return tensor(data, { shape: [length, half], dtype })
}

export interface PositionTableOptions {
  /** Wavelengths run from 2π to base·2π. Default: 10000. */
  readonly base?: number
  /** Default: float32. */
  readonly dtype?: DType
}

/**
 * Positions as waves of many lengths: P[t, 2i] = sin(t/base^(2i/E)), P[t, 2i + 1] = cos(t/base^(2i/E)). The encoding of
 * t + k is a linear map of that of t, the same for all t.
 *
 * Shapes: → [length, features]
 *
 * Paper: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762v7.
 *
 * @example nn.functional.sinusoidalPositions(2, 2) // [[0, 1], [0.8414…, 0.5403…]]
 */
export function sinusoidalPositions(
  length: number,
  features: number,
  options: PositionTableOptions = {},
): Tensor {
  const { base = 10000, dtype = "float32" } = options
  checkCount("sinusoidalPositions", "length", length, 0)
  checkCount("sinusoidalPositions", "features", features)
  const waves = [Math.sin, Math.cos].map((f) => angles(length, features, base, f, dtype))
  const pairs = stack(waves, 2).flatten(1)
  return pairs.shape[1] === features ? pairs : pairs.narrow(1, 0, features)
}

/** Adds rows of a table to sequences: [T, E] to [N, T, E] or [T, N, E]. */
function addRows(where: string, input: Tensor, table: Tensor, batchFirst: boolean): Tensor {
  const time = input.ndim === 3 && batchFirst ? 1 : 0
  const [limit, features] = table.shape as readonly [number, number]
  const length = input.shape[time] ?? 0
  if (input.ndim < 2 || input.ndim > 3 || input.shape.at(-1) !== features || length > limit) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: length > limit ? "the sequence is longer than there are positions" : "the input does not fit",
      where,
      expected: `${batchFirst ? "[N, T" : "[T, N"}, ${features}] or [T, ${features}], with T ≤ ${limit}`,
      got: formatShape(input.shape),
    })
  }
  const rows = table.narrow(0, 0, length)
  return add(input, input.ndim === 3 && time === 0 ? rows.unsqueeze(1) : rows)
}

export interface SinusoidalOptions extends PositionTableOptions {
  /** Whether inputs are [N, T, E] rather than [T, N, E]. Default: false. */
  readonly batchFirst?: boolean
}

/**
 * Adds sinusoidalPositions to its input.
 *
 * y[t] = x[t] + P[t]
 *
 * Shapes: [T, N, E] ([N, T, E] with batchFirst) or [T, E] → the same, with T ≤ maxLength.
 *
 * @param maxLength the longest sequence
 * @param features E
 * @throws NABLA_SHAPE_MISMATCH from forward when a sequence is longer, or has other features
 *
 * Attributes: `table` [maxLength, E], a buffer that is no part of the state dictionary.
 *
 * Paper: Vaswani et al. 2017, arXiv:1706.03762v7.
 *
 * @example nn.sinusoidalPositions(100, 8, { batchFirst: true }).forward(randn([2, 5, 8])).shape // [2, 5, 8]
 */
export class SinusoidalPositions extends Module {
  readonly batchFirst: boolean
  table: Buffer

  constructor(maxLength: number, features: number, options: SinusoidalOptions = {}) {
    super()
    checkNames("SinusoidalPositions", options, ["base", "dtype", "batchFirst"])
    const { batchFirst = false, ...rest } = options
    this.batchFirst = batchFirst
    this.table = new Buffer(sinusoidalPositions(maxLength, features, rest), { persistent: false })
  }

  override forward(input: Tensor): Tensor {
    return addRows("SinusoidalPositions", input, this.table, this.batchFirst)
  }
}

export interface LearnedPositionsOptions {
  /** Standard deviation of the first values. Default: 0.02. */
  readonly std?: number
  /** Whether inputs are [N, T, E] rather than [T, N, E]. Default: false. */
  readonly batchFirst?: boolean
  /** Type of the parameter. Default: float32. */
  readonly dtype?: DType
}

/**
 * Adds a learned vector for each position.
 *
 * y[t] = x[t] + W[t]
 *
 * Shapes: [T, N, E] ([N, T, E] with batchFirst) or [T, E] → the same, with T ≤ maxLength.
 *
 * @param maxLength the longest sequence
 * @param features E
 * @throws NABLA_SHAPE_MISMATCH from forward when a sequence is longer, or has other features
 *
 * Attributes: `weight` [maxLength, E], first drawn from N(0, std²).
 *
 * Paper: Gehring et al. 2017, Convolutional Sequence to Sequence Learning, arXiv:1705.03122v3.
 *
 * @example nn.learnedPositions(100, 8).forward(randn([5, 2, 8])).shape // [5, 2, 8]
 */
export class LearnedPositions extends Module {
  readonly batchFirst: boolean
  weight: Parameter

  constructor(maxLength: number, features: number, options: LearnedPositionsOptions = {}) {
    super()
    checkNames("LearnedPositions", options, ["std", "batchFirst", "dtype"])
    checkCount("LearnedPositions", "maxLength", maxLength)
    checkCount("LearnedPositions", "features", features)
    const { std = 0.02, batchFirst = false, dtype = "float32" } = options
    this.batchFirst = batchFirst
    this.weight = new Parameter(zeros([maxLength, features], { dtype }))
    normal_(this.weight, { std })
  }

  override forward(input: Tensor): Tensor {
    return addRows("LearnedPositions", input, this.weight, this.batchFirst)
  }
}

/**
 * Turns pairs of features by angles: (a, b) → (a·cos − b·sin, a·sin + b·cos).
 *
 * Shapes: x [..., T, E] with E even, cos and sin [T, E/2] → [..., T, E]
 *
 * @param interleaved whether pairs are neighbours (2i, 2i + 1), as in the paper, or halves (i, i + E/2)
 */
export const rotatePairs = composed(
  "rotatePairs",
  (x: Tensor, cos: Tensor, sin: Tensor, interleaved = true): Tensor => {
    const half = x.shape.at(-1)! / 2
    const pairs = x.unflatten(-1, interleaved ? [half, 2] : [2, half])
    const at = interleaved ? -1 : -2
    const [a, b] = [pairs.select(at, 0), pairs.select(at, 1)]
    const turned = [sub(mul(a, cos), mul(b, sin)), add(mul(a, sin), mul(b, cos))]
    return interleaved ? stack(turned, -1).flatten(-2) : cat(turned, -1)
  },
)

export interface RotaryOptions extends PositionTableOptions {
  /** Longest sequence. Default: 2048. */
  readonly maxLength?: number
  /** Whether pairs of features are neighbours (2i, 2i + 1), as in the paper, or halves (i, i + E/2). Default: true. */
  readonly interleaved?: boolean
}

/**
 * Rotary positions: queries and keys are turned by angles that grow with their position, so that their product depends
 * on the distance alone.
 *
 * (y₂ᵢ, y₂ᵢ₊₁) = R(t·base^(−2i/E))·(x₂ᵢ, x₂ᵢ₊₁), with rotations R
 *
 * Shapes: [..., T, E] → the same; T is the last dimension but one, as in queries and keys by heads. `positions` [T] of
 * int32 says where the rows are, if not at 0 … T − 1.
 *
 * @param features E, even
 * @throws NABLA_SHAPE_MISMATCH from forward when a sequence is longer than maxLength, or has other features
 *
 * Attributes: `cos` and `sin` [maxLength, E/2], buffers that are no part of the state dictionary.
 *
 * Paper: Su et al. 2021, RoFormer, arXiv:2104.09864v5.
 *
 * @example
 * const rotary = nn.rotaryPositions(8)
 * const [q, k] = [randn([2, 4, 5, 8]), randn([2, 4, 5, 8])].map((x) => rotary.forward(x))
 */
export class RotaryPositions extends Module<readonly [input: Tensor, positions?: Tensor]> {
  readonly features: number
  readonly interleaved: boolean
  cos: Buffer
  sin: Buffer

  constructor(features: number, options: RotaryOptions = {}) {
    super()
    checkNames("RotaryPositions", options, ["base", "dtype", "maxLength", "interleaved"])
    const { base = 10000, dtype = "float32", maxLength = 2048, interleaved = true } = options
    checkCount("RotaryPositions", "maxLength", maxLength)
    checkEven(features)
    this.features = features
    this.interleaved = interleaved
    this.cos = new Buffer(angles(maxLength, features, base, Math.cos, dtype), { persistent: false })
    this.sin = new Buffer(angles(maxLength, features, base, Math.sin, dtype), { persistent: false })
  }

  override forward(input: Tensor, positions?: Tensor): Tensor {
    const length = input.shape.at(-2) ?? 0
    const limit = this.cos.shape[0]!
    const placed = positions === undefined ? length <= limit : positions.shape[0] === length
    if (input.ndim < 2 || input.shape.at(-1) !== this.features || !placed) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: placed ? "the input does not fit" : "the positions do not fit the sequence",
        where: "RotaryPositions",
        expected: `[..., T, ${this.features}], with T ≤ ${limit} or T positions`,
        got: formatShape(input.shape),
      })
    }
    const rows = (table: Tensor): Tensor =>
      positions === undefined ? table.narrow(0, 0, length) : table.indexSelect(0, positions)
    return rotatePairs(input, rows(this.cos), rows(this.sin), this.interleaved)
  }
}

function checkEven(features: number): void {
  checkCount("RotaryPositions", "features", features)
  if (features % 2 === 0) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "features are turned in pairs",
    where: "RotaryPositions",
    expected: "an even number",
    got: String(features),
  })
}

export function sinusoidal(
  maxLength: number,
  features: number,
  options: SinusoidalOptions = {},
): SinusoidalPositions {
  return new SinusoidalPositions(maxLength, features, options)
}

export function learnedPositions(
  maxLength: number,
  features: number,
  options: LearnedPositionsOptions = {},
): LearnedPositions {
  return new LearnedPositions(maxLength, features, options)
}

export function rotaryPositions(features: number, options: RotaryOptions = {}): RotaryPositions {
  return new RotaryPositions(features, options)
}
