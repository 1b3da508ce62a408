import type { Shape } from "../../base/index.ts"
import { isFloating } from "../../base/index.ts"
import type { AnyModule, HookHandle } from "../../nn/index.ts"
import type { ActivationCall, Saturation } from "../../tensor/index.ts"
import {
  cat,
  isGradEnabled,
  mean,
  noGrad,
  reshape,
  square,
  Tensor,
  watchActivations,
} from "../../tensor/index.ts"
import { statisticsTensor } from "../forward/statistics.ts"
import { activeShares, participationRatio, unitCount } from "../forward/units.ts"
import type { Slots } from "./slots.ts"
import type { Settings } from "./tiers.ts"

/** What is known of a layer's vector beside its numbers. */
export interface LayerMeta {
  readonly path: string
  readonly kind: "layer" | "activation"
  readonly type: string
  readonly call: number
  readonly shape: Shape
  readonly direction: "forward" | "backward"
  /** Which parts follow the statistics in the vector, in this order. */
  readonly gain: boolean
  readonly rank: boolean
  /** Number of units whose active shares end the vector; 0 for none. */
  readonly units: number
}

/** Calls of one activation function in one module that are looked at: an unrolled recurrence has hundreds. */
const CALLS_OF_ONE = 8

/** Tracking.placeholder: inside vmap a tensor stands for each example of a batch. */
const PLACEHOLDER = 2

/** A module whose forward is running. */
interface Frame {
  readonly path: string
  readonly module: AnyModule
  /** The output of the last activation function that was called in it. */
  activated: Tensor | null
}

/** Watches the forward passes of a model, and the backward passes that follow them. */
export class LayerWatch {
  private readonly root: AnyModule
  private readonly settings: Settings
  private readonly slots: Slots<LayerMeta>
  private readonly active: () => boolean
  private readonly handles: { remove(): void }[]
  private frames: Frame[] = []
  private readonly calls = new Map<string, number>()
  private readonly gradientHooks = new Map<string, (gradient: Tensor) => undefined>()

  /** @param active whether this step is looked at */
  constructor(root: AnyModule, settings: Settings, slots: Slots<LayerMeta>, active: () => boolean) {
    this.root = root
    this.settings = settings
    this.slots = slots
    this.active = active
    this.handles = root.namedModules().flatMap(([path, module]) => this.watch(path, module))
    this.handles.push(watchActivations((call) => this.activation(call)))
  }

  detach(): void {
    for (const handle of this.handles) handle.remove()
  }

  private watch(path: string, module: AnyModule): HookHandle[] {
    const enter = (): undefined => {
      if (path === "") this.begin()
      if (this.frames.length > 0 || path === "") this.frames.push({ path, module, activated: null })
    }
    const leave = (_: AnyModule, args: readonly unknown[], output: unknown): void => {
      const frame = this.frames.pop()
      if (frame !== undefined) this.layer(frame, args[0], firstTensor(output))
      if (path === "") this.frames = []
    }
    const replayable = { replayable: true }
    return [module.registerForwardPreHook(enter, replayable), module.registerForwardHook(leave, replayable)]
  }

  /** A forward pass of the model begins; what an earlier one that failed left behind is forgotten. */
  private begin(): void {
    this.frames = []
    if (!this.looking()) return
    this.calls.clear()
    this.slots.begin()
  }

  private looking(): boolean {
    return this.active() && this.root.training && isGradEnabled()
  }

  private layer(frame: Frame, input: unknown, output: Tensor | null): void {
    if (output === null || frame.activated === output || !this.looking()) return
    const own = frame.module.namedParameters().some(([name]) => !name.includes("."))
    const leaf = frame.module.children().length === 0
    if (!own && !(leaf && this.settings.full)) return
    this.observe(frame, "layer", frame.module.constructor.name, input, output, [])
  }

  private activation({ name, input, output, saturation }: ActivationCall): void {
    const frame = this.frames.at(-1)
    if (frame === undefined || !this.looking()) return
    frame.activated = output
    this.observe(frame, "activation", name, input, output, saturation)
  }

  private observe(
    { path }: Frame,
    kind: LayerMeta["kind"],
    type: string,
    input: unknown,
    output: Tensor,
    saturation: Saturation,
  ): void {
    if (!observable(output)) return
    const count = `${path}/${type}`
    const call = this.calls.get(count) ?? 0
    this.calls.set(count, call + 1)
    if (call >= CALLS_OF_ONE) return
    const from = input instanceof Tensor && observable(input) ? input : null
    const { detailed, full } = this.settings
    const meta: LayerMeta = {
      ...{ path, kind, type, call, shape: output.shape, direction: "forward" },
      gain: detailed && from !== null,
      rank: full && output.ndim >= 2 && output.shape[0]! > 1,
      units: detailed && from !== null && saturation.length > 0 ? unitCount(output.shape) : 0,
    }
    const name = `${count}/${call}`
    this.slots.write(
      name,
      noGrad(() => this.forwardVector(meta, from, output.detach(), saturation)),
      meta,
    )
    if (detailed) this.watchGradient(name, meta, output)
  }

  private forwardVector(
    meta: LayerMeta,
    input: Tensor | null,
    output: Tensor,
    saturation: Saturation,
  ): Tensor {
    const parts = [statisticsTensor(output, this.settings.statistics)]
    const single = (t: Tensor): Tensor => reshape(t, [1]).to(output.dtype)
    if (meta.gain) parts.push(single(mean(square(input!.detach()))))
    if (meta.rank) parts.push(single(participationRatio(output)))
    if (meta.units > 0) parts.push(activeShares(input!.detach(), saturation).to(output.dtype))
    return parts.length === 1 ? parts[0]! : cat(parts)
  }

  private watchGradient(name: string, of: LayerMeta, output: Tensor): void {
    if (output.isLeaf) return
    // One hook for each place, so that the graph has the same form at every step.
    let hook = this.gradientHooks.get(name)
    if (hook === undefined) {
      const meta: LayerMeta = { ...of, direction: "backward", gain: false, rank: false, units: 0 }
      hook = (gradient) => this.gradient(name, meta, gradient)
      this.gradientHooks.set(name, hook)
    }
    output.registerHook(hook)
  }

  private gradient(name: string, meta: LayerMeta, gradient: Tensor): undefined {
    if (!observable(gradient)) return
    const vector = noGrad(() => statisticsTensor(gradient.detach(), this.settings.statistics))
    this.slots.write(`${name}/gradient`, vector, { ...meta, shape: gradient.shape })
  }
}

function observable(t: Tensor): boolean {
  return isFloating(t.dtype) && t.numel() > 0 && t.node.tracking !== PLACEHOLDER
}

function firstTensor(output: unknown): Tensor | null {
  const first = Array.isArray(output) ? output[0] : output
  return first instanceof Tensor ? first : null
}
