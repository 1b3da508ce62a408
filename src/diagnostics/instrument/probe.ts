import type { AnyModule } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { distinguishCaptures } from "../../tensor/index.ts"
import { DeadUnits } from "../forward/dead-units.ts"
import { readLayers, readParameters } from "./decode.ts"
import type { LayerMeta } from "./layer-watch.ts"
import { LayerWatch } from "./layer-watch.ts"
import type { NonFinite, Observation } from "./observation.ts"
import type { ParameterMeta, Phase } from "./parameter-watch.ts"
import { ParameterWatch } from "./parameter-watch.ts"
import { Slots } from "./slots.ts"
import type { InstrumentOptions, Settings } from "./tiers.ts"
import { settingsOf } from "./tiers.ts"

let probes = 0

/**
 * Watches a model while it is trained, by whatever loop: what its layers give, what comes back to them, and what the
 * optimizer does to the parameters. The statistics are part of the step's own computation, in a captured step too; steps
 * that are not looked at compute what they would without a probe. See instrument.
 */
export class Probe {
  /** Under which it stands in checkpoints of fit. */
  readonly name = "probe"
  readonly settings: Settings
  /** What was seen so far, the oldest first. */
  readonly observations: Observation[] = []
  /** What `after` was told of each step, such as its loss. */
  readonly history: Readonly<Record<string, number>>[] = []
  /** Where numbers were first seen not to be finite, null as long as all were. */
  nonFinite: NonFinite | null = null
  private readonly layers = new Slots<LayerMeta>()
  private readonly parameters = new Slots<ParameterMeta>()
  private readonly dead: DeadUnits
  private readonly parts: readonly { detach?(): void; remove?(): void }[]
  private readonly frozen: (path: string) => boolean
  private steps = 0
  /** The step from which on every so many are looked at. */
  private first = 0
  private attached = true

  constructor(model: AnyModule, options: InstrumentOptions = {}) {
    this.settings = settingsOf(options)
    this.dead = new DeadUnits(this.settings.window)
    const phase = (): Phase => this.phase
    const name = `probe ${probes++}`
    const named = new Map(model.namedParameters())
    this.frozen = (path) => named.get(path)?.requiresGrad === false
    this.parts = [
      new LayerWatch(model, this.settings, this.layers, () => this.phase === "observe"),
      new ParameterWatch(model, this.settings, this.parameters, phase),
      distinguishCaptures(() => (this.phase === "idle" ? "" : `${name} ${this.phase}`)),
    ]
  }

  /** What the next step is: looked at, the one before such a step whose gradient is kept, or neither. */
  private get phase(): Phase {
    if (!this.attached) return "idle"
    const { every, full } = this.settings
    const since = this.steps - this.first
    if (since % every === 0) return "observe"
    return full && (since + 1) % every === 0 ? "prepare" : "idle"
  }

  /** The last observation, if there is one. */
  get latest(): Observation | null {
    return this.observations.at(-1) ?? null
  }

  get isAttached(): boolean {
    return this.attached
  }

  /**
   * To be called after each step of the loop: reads what the step computed, if it was looked at, and decides whether the
   * next one is. Waiting for it is needed only on devices that cannot be read at once.
   *
   * @param values of the step, such as its loss, for `history`: numbers or tensors of one number
   * @returns the observation, null for a step that was not looked at
   */
  async after(values: Readonly<Record<string, number | Tensor>> = {}): Promise<Observation | null> {
    const looked = this.phase === "observe" && this.sawSomething()
    const reading = looked ? this.read(this.steps + 1) : null
    this.steps++
    if (Object.keys(values).length > 0) await this.record(this.steps, values)
    return reading
  }

  /** A probe that is attached after a step has nothing of it to read: it looks at the next one. */
  private sawSomething(): boolean {
    if (!this.layers.isEmpty || !this.parameters.isEmpty) return true
    this.first = this.steps + 1
    return false
  }

  private async record(step: number, values: Readonly<Record<string, number | Tensor>>): Promise<void> {
    const read = Object.entries(values).map(async ([name, value]) => [name, await numberOf(value)] as const)
    this.history.push({ step, ...Object.fromEntries(await Promise.all(read)) })
  }

  /** What fit calls: a probe can stand among its listeners. */
  async onStep(): Promise<void> {
    await this.after()
  }

  /** What fit calls at the end: a step that failed, for a loss that is not finite, is still read. */
  async onEnd({ status }: { readonly status: string }): Promise<void> {
    if (status === "failed" && this.phase === "observe") await this.read(this.steps + 1)
  }

  /** Which steps are looked at goes on as it was: those are computed by another program, with other last bits. */
  stateDict(): { readonly steps: number; readonly first: number } {
    return { steps: this.steps, first: this.first }
  }

  loadStateDict({ steps, first }: { readonly steps: number; readonly first: number }): void {
    Object.assign(this, { steps, first })
  }

  /** Takes the probe off; what it saw stays. The model computes what it did before. */
  detach(): void {
    this.attached = false
    for (const part of this.parts) (part.detach ?? part.remove)?.call(part)
  }

  private async read(step: number): Promise<Observation> {
    const [layerReads, parameterReads] = await Promise.all([this.layers.read(), this.parameters.read()])
    const { layers, active } = readLayers(layerReads, this.settings)
    const inWindow = this.dead.add(active)
    const observation: Observation = {
      step,
      layers: layers.map(({ name, ...layer }) => {
        const deadInWindow = inWindow.get(name)
        return deadInWindow === undefined ? layer : { ...layer, deadInWindow }
      }),
      ...readParameters(
        parameterReads.filter(({ meta }) => !this.frozen(meta.path)),
        this.settings,
      ),
    }
    this.keep(observation)
    return observation
  }

  private keep(observation: Observation): void {
    this.nonFinite ??= firstNonFinite(observation)
    this.observations.push(observation)
    if (this.observations.length > this.settings.keep) this.observations.shift()
  }
}

async function numberOf(value: number | Tensor): Promise<number> {
  return typeof value === "number" ? value : Number(await value.item())
}

/** The first layer forward, else the last one backward, else the first parameter whose numbers are not all finite. */
function firstNonFinite({ step, layers, parameters }: Observation): NonFinite | null {
  const forward = layers.find(({ output }) => !output.finite)
  if (forward !== undefined) return { step, path: forward.path, type: forward.type, direction: "forward" }
  const backward = layers.findLast(({ gradient }) => gradient !== null && !gradient.finite)
  if (backward !== undefined) return { step, path: backward.path, type: backward.type, direction: "backward" }
  const parameter = parameters.find(({ gradient }) => gradient !== null && !gradient.finite)
  return parameter ? { step, path: parameter.path, type: "gradient", direction: "parameter" } : null
}

/**
 * Attaches instruments to a model. With a loop of one's own, two lines are added:
 *
 *     const probe = instrument(model)
 *     for (…) {
 *       …
 *       optimizer.step()
 *       await probe.after()
 *     }
 *
 * With fit the probe stands among the listeners: `fit(model, data, { optimizer, listeners: [probe] })`.
 * Only passes in training mode with gradients are looked at.
 *
 * @param options tier "default"; every 10 (1 for tier "full"); bins 0 (32 for "full"); window 10; keep 1000
 * @throws NABLA_INVALID_ARGUMENT for an unknown option, or a value out of its range
 *
 * @example
 * const probe = instrument(model, { tier: "default", every: 10 })
 * await fit(model, loader, { optimizer, listeners: [probe] })
 * probe.latest?.layers.map(({ path, saturated }) => `${path}: ${saturated}`)
 */
export function instrument(model: AnyModule, options: InstrumentOptions = {}): Probe {
  return new Probe(model, options)
}
