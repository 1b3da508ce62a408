import type { Shape } from "../../base/index.ts"
import { isFloating } from "../../base/index.ts"
import type { AnyModule } from "../../nn/index.ts"
import type { Tensor, Update } from "../../tensor/index.ts"
import { cat, mean, mul, noGrad, square, stack, sub, sum, watchUpdates } from "../../tensor/index.ts"
import { statisticsTensor } from "../forward/statistics.ts"
import type { Slots } from "./slots.ts"
import type { Settings } from "./tiers.ts"

/** What is known of a parameter's vector beside its numbers. */
export interface ParameterMeta {
  readonly path: string
  readonly shape: Shape
  readonly elements: number
  /** Which parts the vector has: mean squares of weight and update, then these, in this order. */
  readonly gradient: boolean
  readonly cosine: boolean
  readonly drift: boolean
}

/** What a step is to a probe: looked at, the one before such a step, or neither. */
export type Phase = "observe" | "prepare" | "idle"

/** Watches what optimizers do to the parameters of a model. */
export class ParameterWatch {
  private readonly settings: Settings
  private readonly slots: Slots<ParameterMeta>
  private readonly phase: () => Phase
  private readonly paths: ReadonlyMap<Tensor, string>
  /** Values as they were at the beginning. */
  private readonly initial: ReadonlyMap<Tensor, Tensor>
  /** Gradients of the step before, for the cosine. */
  private readonly former = new Map<Tensor, Tensor>()
  private readonly handle: { remove(): void }

  constructor(root: AnyModule, settings: Settings, slots: Slots<ParameterMeta>, phase: () => Phase) {
    this.settings = settings
    this.slots = slots
    this.phase = phase
    const named = root.namedParameters()
    this.paths = new Map(named.map(([path, parameter]) => [parameter, path]))
    this.initial = new Map(
      settings.full
        ? named.map(([, parameter]) => [parameter, noGrad(() => mul(parameter, 1)).realize()])
        : [],
    )
    this.handle = watchUpdates((updates) => noGrad(() => this.watch(updates)))
  }

  detach(): void {
    this.handle.remove()
  }

  private watch(updates: readonly Update[]): Update[] {
    const phase = this.phase()
    if (phase === "idle") return []
    const own = updates.filter(({ target }) => this.paths.has(target) && isFloating(target.dtype))
    const vectors = phase === "observe" ? own.map((update) => this.vector(update)) : []
    const keeps = this.settings.full && (phase === "prepare" || this.settings.every === 1)
    return keeps ? [...vectors, ...own.flatMap(({ target }) => this.keepGradient(target))] : vectors
  }

  private vector({ target, value }: Update): Update {
    const { grad } = target
    const weight = target.detach()
    const former = grad === null ? undefined : this.former.get(target)
    const initial = this.initial.get(target)
    const moved = sub(value.detach(), weight)
    const parts: Tensor[] = [mean(square(weight)), mean(square(moved))]
    if (former !== undefined) parts.push(sum(mul(grad!.detach(), former)), sum(square(former)))
    if (initial !== undefined) parts.push(sum(square(sub(value.detach(), initial))), sum(square(initial)))
    const row = stack(parts)
    const statistics =
      grad === null ? [] : [statisticsTensor(grad.detach().to(target.dtype), this.settings.gradients)]
    const path = this.paths.get(target)!
    return this.slots.pair(path, statistics.length === 0 ? row : cat([row, ...statistics]), {
      ...{ path, shape: target.shape, elements: target.numel() },
      ...{ gradient: grad !== null, cosine: former !== undefined, drift: initial !== undefined },
    })
  }

  private keepGradient(target: Tensor): Update[] {
    if (target.grad === null) return []
    const value = mul(target.grad.detach(), 1).to(target.dtype)
    let kept = this.former.get(target)
    if (kept === undefined) this.former.set(target, (kept = mul(target.detach(), 0).realize()))
    return [{ target: kept, value }]
  }
}
