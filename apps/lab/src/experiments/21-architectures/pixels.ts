import { Generator as Noise, nn, tensor } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import { batches, digits, orderOf, PIXELS, reordered, rowsUpwards, taken } from "./digits.ts"
import { Learner, pacer } from "./learner.ts"

/** Two fully connected nets, one of which sees all pictures with their pixels in another order. */
export interface PixelsView {
  readonly kind: "dense"
  readonly pictures: readonly [plain: readonly number[], reordered: readonly number[]]
  /** Losses of each batch. */
  readonly plain: readonly number[]
  readonly reordered: readonly number[]
  readonly parameters: number
  readonly done: boolean
}

export const PIXEL_STEPS = 120
const HIDDEN = 24

/** In double precision, so that what is left between two orders of adding is small. */
function netOf(): nn.Sequential {
  const options = { dtype: "float64" } as const
  return nn.sequential(
    nn.flatten(),
    nn.linear(PIXELS, HIDDEN, options),
    nn.tanh(),
    nn.linear(HIDDEN, 10, options),
  )
}

export async function* runPixels({ seed, broken }: Values, { signal }: Session): AsyncGenerator<PixelsView> {
  const set = digits(400, seed)
  const noise = new Noise(seed)
  const order = orderOf(noise)
  const plain = new Learner(netOf(), nn.crossEntropy, { rate: 3e-3 })
  const other = new Learner(netOf(), nn.crossEntropy, { rate: 3e-3 })
  // The same weights, each at the pixel that it had.
  const { "1.weight": first, ...rest } = plain.model.stateDict()
  other.model.loadStateDict({ ...rest, "1.weight": first!.indexSelect(1, tensor(Int32Array.from(order))) })
  const pictures = [set, reordered(set, order)].map(({ inputs }) => rowsUpwards(inputs.subarray(0, PIXELS)))
  const view = (done: boolean): PixelsView => ({
    kind: "dense",
    pictures: [pictures[0]!, pictures[1]!],
    plain: [...plain.losses],
    reordered: [...other.losses],
    parameters: plain.parameters,
    done,
  })
  const due = pacer()
  const every = batches(set, 50, seed)
  for (let step = 0; step < PIXEL_STEPS && !signal.aborted; step++) {
    const places = every.next().value
    // Broken on purpose: another order in each batch, which no arrangement of the weights makes up for.
    const shown = reordered(set, broken ? orderOf(noise) : order)
    for (const [learner, from] of [
      [plain, set],
      [other, shown],
    ] as const) {
      const [x, y] = taken(from, places)
      learner.step(x.to("float64"), y)
    }
    if (due()) yield view(false)
  }
  yield view(true)
}
