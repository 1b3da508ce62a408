import type { AnyModule } from "../../../nn/index.ts"
import { isGradEnabled } from "../../../tensor/index.ts"
import type { Patient } from "../patient.ts"

/** Modules that work differently in training and in evaluation. */
export function dependsOnMode(module: AnyModule): boolean {
  return "runningMean" in module || /dropout|droppath|stochasticdepth/i.test(module.constructor.name)
}

/** A forward call of a module whose mode matters. */
export interface SeenMode {
  readonly path: string
  readonly training: boolean
  readonly withGradient: boolean
}

/** The modes in which such modules are called while f runs. */
export async function modesSeen(model: AnyModule, f: () => unknown): Promise<SeenMode[]> {
  const seen: SeenMode[] = []
  const handles = model.namedModules().flatMap(([path, module]) => {
    if (!dependsOnMode(module)) return []
    return [
      module.registerForwardPreHook((): undefined => {
        seen.push({ path, training: module.training, withGradient: isGradEnabled() })
      }),
    ]
  })
  try {
    await f()
  } finally {
    for (const handle of handles) handle.remove()
  }
  return seen
}

/** How many batches each batch norm has counted; null when there is none that counts. */
export function batchesTracked(patient: Patient): Promise<number | null> {
  return patient.measure("batches tracked", async () => {
    const counts: number[] = []
    for (const module of patient.model.modules()) {
      const { numBatchesTracked } = module as { numBatchesTracked?: { item(): Promise<unknown> } | null }
      if (numBatchesTracked) counts.push(Number(await numBatchesTracked.item()))
    }
    return counts.length === 0 ? null : Math.max(...counts)
  })
}
