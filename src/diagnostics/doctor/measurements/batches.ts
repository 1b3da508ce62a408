import { NablaError } from "../../../base/index.ts"
import { cat, Tensor } from "../../../tensor/index.ts"
import type { Batch } from "../../objective.ts"

/** What is taken of a data set: enough for statistics, little enough for seconds. */
const EXAMPLES = 2048
const NUMBERS = 4_000_000

/** The first batches of the data, as they come; a loader is gone through once and left at the epoch it was at. */
export function takeBatches(data: Batch | Iterable<Batch>): Batch[] {
  if (isBatch(data)) return [data]
  const out: Batch[] = []
  const before = epochOf(data)
  let [examples, numbers] = [0, 0]
  for (const batch of data) {
    if (!isBatch(batch)) throw noBatch("something else")
    out.push([batch[0].detach(), batch[1].detach()])
    examples += batch[0].shape[0] ?? 1
    numbers += batch[0].numel()
    if (examples >= EXAMPLES || numbers >= NUMBERS) break
  }
  if (before !== undefined) (data as { epoch?: number }).epoch = before
  if (out.length === 0) throw noBatch("none")
  return out
}

/** All examples of batches as one, or as many of them from the start. */
export function joined(batches: readonly Batch[], atMost: number = EXAMPLES): Batch {
  const whole = (part: 0 | 1): Tensor => {
    const all = batches.map((batch) => batch[part])
    const one = all.length === 1 ? all[0]! : cat(all)
    return (one.shape[0] ?? 0) <= atMost ? one : one.narrow(0, 0, atMost)
  }
  return [whole(0), whole(1)]
}

export function isBatch(value: unknown): value is Batch {
  return Array.isArray(value) && value.length >= 2 && value[0] instanceof Tensor && value[1] instanceof Tensor
}

function epochOf(data: object): number | undefined {
  const { epoch } = data as { epoch?: unknown }
  return typeof epoch === "number" ? epoch : undefined
}

function noBatch(got: string): NablaError {
  return new NablaError("NABLA_EMPTY_DATA", {
    message: "there are no batches to look at",
    where: "diagnose",
    expected: "[x, y], or an iterable of such pairs of tensors",
    got,
  })
}
