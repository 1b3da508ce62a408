import { linalg, tensor } from "../../tensor/index.ts"
import { checkNames, checkWhole } from "./check.ts"
import type { Control } from "./control.ts"
import { Pace } from "./control.ts"
import { exactSpectrum } from "./exact.ts"
import { Lanczos } from "./lanczos.ts"
import type { SymmetricOperator } from "./operator.ts"

export interface ConditionOptions extends Control {
  /** Products for matrices that are not written out. Default: 100. */
  readonly products?: number
  readonly seed?: number
}

export interface ConditionNumber {
  /** max |λ| / min |λ|, or the largest value that is certain. */
  readonly value: number
  /** Whether the value is exact; else the condition number is at least that. */
  readonly exact: boolean
  readonly largest: number
  /** The smallest |λ|, or an upper bound of it. */
  readonly smallest: number
}

const SMALL = 500

/**
 * The condition number max |λ| / min |λ|: exact up to 500 parameters, else a lower bound. With A·Q = Q'·T' from Lanczos
 * (T' has one row more than columns), the smallest singular value of T' is |A·v| for some unit v and so at least min |λ|, and
 * the largest |θ| is at most max |λ|.
 *
 * @throws NABLA_INVALID_ARGUMENT for fewer than 2 products
 */
export async function conditionNumber(
  operator: SymmetricOperator,
  options: ConditionOptions = {},
): Promise<ConditionNumber> {
  checkNames("conditionNumber", options, ["products", "seed", "signal", "onProgress"])
  const { products = 100, seed = 0, ...control } = options
  checkWhole("conditionNumber", "products", products, 2)
  if (operator.size <= SMALL) {
    const { values, condition } = await exactSpectrum(operator, control)
    const sizes = values.map(Math.abs)
    return { value: condition, exact: true, largest: Math.max(...sizes), smallest: Math.min(...sizes) }
  }
  const pace = new Pace(control)
  const iteration = new Lanczos(operator, { seed })
  while (iteration.steps < products && !pace.interrupted && (await iteration.step()))
    await pace.tell(iteration.steps, products)
  const { values } = iteration.ritz()
  const largest = Math.max(Math.abs(values[0]!), Math.abs(values.at(-1)!))
  const smallest = await smallestSingular(iteration)
  return { value: largest / smallest, exact: false, largest, smallest }
}

async function smallestSingular({ diagonal, beside }: Lanczos): Promise<number> {
  const m = diagonal.length
  const entries = new Float64Array((m + 1) * m)
  for (let i = 0; i < m; i++) {
    entries[i * m + i] = diagonal[i]!
    const next = beside[i] ?? 0
    entries[(i + 1) * m + i] = next
    if (i + 1 < m) entries[i * m + i + 1] = next
  }
  const singular = await linalg.svdvals(tensor(entries, { shape: [m + 1, m], dtype: "float64" })).data()
  return Number(singular.at(-1))
}
