import type { DType } from "../../../base/index.ts"
import { NablaError } from "../../../base/index.ts"
import type { Spatial, Tensor } from "../../../tensor/index.ts"
import { zeros } from "../../../tensor/index.ts"
import { checkCount, checkNames } from "../../check.ts"
import { kaimingUniform_ } from "../../init/index.ts"
import { Module } from "../../module.ts"
import { Parameter } from "../../parameter.ts"
import { biasLike } from "../bias.ts"

/** What all convolutions have among their options. */
export interface FilterOptions {
  /** Channels are split into this many groups that do not see each other. Default: 1. */
  readonly groups?: number
  /** Whether a bias is added to each channel. Default: true. */
  readonly bias?: boolean
  /** Type of the parameters. Default: float32. */
  readonly dtype?: DType
}

/** Channels, spatial dimensions, and whether the filters are those of a transposed convolution. */
interface Geometry {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: Spatial
  readonly spatial: number
  readonly transposed: boolean
}

/** What convolutions and transposed convolutions share: filters, their groups, and a bias. */
export abstract class Convolution<Args extends readonly unknown[] = readonly [Tensor]> extends Module<Args> {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: readonly number[]
  readonly groups: number
  weight: Parameter
  bias: Parameter | null

  constructor(geometry: Geometry, options: FilterOptions, known: readonly string[]) {
    super()
    const where = new.target.name
    const { inChannels, outChannels, spatial, transposed } = geometry
    const { groups = 1, bias = true, dtype = "float32" } = options
    checkNames(where, options, [...known, "groups", "bias", "dtype"])
    checkCount(where, "inChannels", inChannels)
    checkCount(where, "outChannels", outChannels)
    checkCount(where, "groups", groups)
    checkGroups(where, inChannels, outChannels, groups)
    const kernel = kernelOf(where, geometry.kernelSize, spatial)
    const filters = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups]
    this.inChannels = inChannels
    this.outChannels = outChannels
    this.kernelSize = kernel
    this.groups = groups
    this.weight = new Parameter(zeros([...filters, ...kernel], { dtype }))
    // With this slope of the leaky ReLU the law is U(±1/√fanIn), PyTorch's choice.
    kaimingUniform_(this.weight, { a: Math.sqrt(5) })
    this.bias = bias ? biasLike(this.weight, outChannels) : null
  }
}

/** The entry for a spatial dimension of what may be one number for all. */
export function entry(value: Spatial, dim: number): number {
  return typeof value === "number" ? value : (value[dim] ?? value[0]!)
}

function kernelOf(where: string, kernelSize: Spatial, spatial: number): number[] {
  const kernel =
    typeof kernelSize === "number" ? new Array<number>(spatial).fill(kernelSize) : [...kernelSize]
  for (const size of kernel) checkCount(where, "kernelSize", size)
  if (kernel.length === spatial) return kernel
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "kernelSize does not fit the image",
    where,
    expected: `one number, or ${spatial}`,
    got: `${kernel.length} numbers`,
  })
}

function checkGroups(where: string, inputs: number, outputs: number, groups: number): void {
  if (inputs % groups === 0 && outputs % groups === 0) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the channels cannot be split evenly into groups",
    where,
    expected: `inChannels and outChannels divisible by ${groups}`,
    got: `${inputs} and ${outputs}`,
  })
}
