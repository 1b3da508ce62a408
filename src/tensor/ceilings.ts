import type { Ceilings, KernelProfile } from "../engine/index.ts"
import { defaultDevice } from "../engine/index.ts"
import { ones } from "./creation.ts"
import { matmul } from "./functions/contraction.ts"
import { profile } from "./profile.ts"
import type { Tensor } from "./tensor.ts"

/** Rows of the square product: 0.9 · 10⁹ operations, 7 MB. */
const PRODUCT_SIZE = 768
/** Numbers of the array that is copied: 32 MB. */
const COPY_LENGTH = 2 ** 23
const REPEATS = 5

const measured = new Map<string, Ceilings>()

/**
 * The rates that kernels on the present device can be held against: those of a float32 matrix product and of adding a
 * number to each element of a large array, the best of five runs each. Measured once in a process; takes about a second
 * on one core.
 *
 * @example const { gflops, gbps } = deviceCeilings()
 */
export function deviceCeilings(): Ceilings {
  const device = defaultDevice()
  let known = measured.get(device)
  if (known === undefined) {
    known = { gflops: productRate(), gbps: copyRate() }
    measured.set(device, known)
  }
  return known
}

function productRate(): number {
  const x = ones([PRODUCT_SIZE, PRODUCT_SIZE]).realize()
  return best(
    () => matmul(x, x),
    ({ gflops }) => gflops,
  )
}

function copyRate(): number {
  const x = ones([COPY_LENGTH]).realize()
  return best(
    () => x.add(1),
    ({ gbps }) => gbps,
  )
}

function best(f: () => Tensor, rate: (kernel: KernelProfile) => number): number {
  // The first run plans and compiles.
  f().realize()
  return Math.max(...Array.from({ length: REPEATS }, () => rate(profile(f).kernels[0]!)))
}
