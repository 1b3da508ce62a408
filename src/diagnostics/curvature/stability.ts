import { Random } from "../../base/index.ts"
import type { Objective } from "../objective.ts"
import { checkNames, checkPositive, checkThat } from "./check.ts"
import type { SymmetricOperator } from "./operator.ts"
import { hessianOf } from "./operator.ts"
import { topEigenvalues } from "./top-eigenvalues.ts"
import type { Vector } from "./vector.ts"
import { addTo, randomUnit } from "./vector.ts"

/** Length of the random part of a start, beside that of the last eigenvector. */
const ASIDE = 0.3

export interface StabilityOptions {
  /** β of heavy-ball momentum, in [0, 1). Default: 0. */
  readonly momentum?: number
  /** Whether momentum is Nesterov's. Default: false. */
  readonly nesterov?: boolean
  /** Bound of λ's error, relative to it. Default: 1e-3. */
  readonly tolerance?: number
  /** Most products for each measurement. Default: 60. */
  readonly maxProducts?: number
}

export interface StabilityRecord {
  readonly step: number
  readonly rate: number
  /** The largest eigenvalue of the Hessian. */
  readonly sharpness: number
  /** Above it, the quadratic model diverges along that eigenvector. */
  readonly threshold: number
  /** sharpness / threshold: about 1 at the edge of stability. */
  readonly ratio: number
  readonly converged: boolean
  readonly products: number
}

/**
 * Follows the largest eigenvalue λ of the Hessian through a training and holds it to what the rate η allows:
 *
 *     gradient descent  2/η        heavy ball  (2 + 2β)/η        Nesterov  (2 + 2β)/(η·(1 + 2β))
 *
 * Trainings with full batches drive λ up to the threshold and stay there (Cohen et al. 2021, arXiv:2103.00065v3). Each
 * measurement starts from the last one's eigenvector and so needs a few products only. The law is of full batches without
 * adaptive rates; for others λ is right and the threshold is a yardstick.
 *
 * @example
 * const monitor = new StabilityMonitor(objectiveOf(model, [x, labels]))
 * for (let n = 0; n < 20; n++) {
 *   step()
 *   if (n % 10 === 0) await monitor.measure(n, 0.1)
 * }
 */
export class StabilityMonitor {
  readonly records: StabilityRecord[] = []
  private readonly hessian: SymmetricOperator
  private readonly options: Required<StabilityOptions>
  private last: Vector | null = null

  /** @throws NABLA_INVALID_ARGUMENT for options out of range */
  constructor(objective: Objective, options: StabilityOptions = {}) {
    const where = "StabilityMonitor"
    checkNames(where, options, ["momentum", "nesterov", "tolerance", "maxProducts"])
    this.options = { momentum: 0, nesterov: false, tolerance: 1e-3, maxProducts: 60, ...options }
    const { momentum } = this.options
    checkThat(where, "momentum", momentum, "0 ≤ momentum < 1", momentum >= 0 && momentum < 1)
    this.hessian = hessianOf(objective)
  }

  /** λ at the parameters as they are. */
  async measure(step: number, rate: number): Promise<StabilityRecord> {
    checkPositive("StabilityMonitor", "rate", rate)
    const { tolerance, maxProducts } = this.options
    const found = await topEigenvalues(this.hessian, 1, {
      tolerance,
      maxProducts,
      vectors: true,
      ...(this.last && { start: this.near(this.last) }),
    })
    const sharpness = found.values[0]!
    this.last = found.vectors![0]!
    const threshold = this.threshold(rate)
    const { converged, products } = found
    const record = { step, rate, sharpness, threshold, ratio: sharpness / threshold, converged, products }
    this.records.push(record)
    return record
  }

  /**
   * The last eigenvector with a random part. By itself it may still be an eigenvector when another one has overtaken it,
   * and the search would end at once, at the second largest eigenvalue.
   */
  private near(last: Vector): Vector {
    const start = last.slice()
    addTo(start, ASIDE, randomUnit(last.length, new Random(this.records.length)))
    return start
  }

  private threshold(rate: number): number {
    const { momentum, nesterov } = this.options
    return (2 + 2 * momentum) / (rate * (nesterov ? 1 + 2 * momentum : 1))
  }
}
