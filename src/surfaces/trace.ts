import type { Tensor } from "../tensor/index.ts"
import { compile, Generator, tensor } from "../tensor/index.ts"
import type { BehaviourName } from "./behaviour.ts"
import { behaviourAt, behaviourRules } from "./behaviour.ts"
import { checkNames, checkPoint, invalid } from "./check.ts"
import type { Point, Surface } from "./surface.ts"

/** What a trace asks of an optimizer; those of nabla/optim have it. */
export interface Traceable {
  /** The rate of the next step. */
  readonly lr?: number
  zeroGrad(): void
  step(closure: () => Tensor): unknown
}

export interface TraceOptions {
  /** Default: the surface's own. */
  readonly start?: Point
  /** Default: 100. */
  readonly steps?: number
  /** Of the noise, on noisy surfaces. Default: 0. */
  readonly seed?: number
  /** Ends the trace at the first point for which it holds; it is asked from the start on. */
  readonly until?: (point: Point, value: number) => boolean
  /**
   * Whether the step is captured once and replayed, as by compile: several times faster, for optimizers that read no values
   * in their steps (all but those of second order). Default: false.
   */
  readonly capture?: boolean
}

/** A stretch of a path with one behaviour. */
export interface BehaviourSpan {
  readonly name: BehaviourName
  /** The first and the last point of it. */
  readonly from: number
  readonly to: number
}

/** A path and what is known of it. Lists of points have one entry more than there were steps. */
export interface Trace {
  readonly surface: Surface
  /** Steps that were made. */
  readonly steps: number
  readonly points: readonly Point[]
  /** f at each point, without noise. */
  readonly values: readonly number[]
  /** The exact gradient at each point, without noise. */
  readonly gradients: readonly Point[]
  readonly gradientNorms: readonly number[]
  /** What each step was shown as gradient: with noise, where there is some. */
  readonly shown: readonly Point[]
  /** The way of each step. */
  readonly velocities: readonly Point[]
  /** −way/gradient of each step and coordinate: the rate at which plain gradient descent would have gone that way. */
  readonly effectiveRates: readonly Point[]
  /** The learning rate of each step; NaN where the optimizer does not say. */
  readonly rates: readonly number[]
  /** What happened when, in order. */
  readonly behaviours: readonly BehaviourSpan[]
  /** What it was doing at the end, and the rule by which that has its name. */
  readonly behaviour: BehaviourName
  readonly rule: string
}

/**
 * Follows an optimizer on a surface, in double precision, and names what it does.
 *
 * The trace ends early where a number is no longer finite. All noise comes from one seed, so that a trace can be
 * repeated.
 *
 * @param optimizer makes an optimizer for a parameter of shape [dimension]
 * @throws NABLA_INVALID_ARGUMENT for a start that is no point of the surface, or a number of steps that is none
 *
 * @example
 * const path = await surfaces.trace(surfaces.rosenbrock(), (p) => new optim.Adam(p, { lr: 0.1 }), { steps: 200 })
 * console.log(path.behaviour, path.rule, path.values.at(-1))
 */
export async function trace(
  surface: Surface,
  optimizer: (parameters: Tensor[]) => Traceable,
  options: TraceOptions = {},
): Promise<Trace> {
  const tracer = new Tracer(surface, optimizer, options)
  while (!tracer.done) await tracer.step()
  return tracer.describe()
}

/**
 * A trace that is made step by step, where not all of it can be waited for: several may take turns, and each can be
 * looked at on the way.
 *
 * @param optimizer makes an optimizer for a parameter of shape [dimension]
 * @throws NABLA_INVALID_ARGUMENT as trace does
 *
 * @example
 * const tracer = new surfaces.Tracer(surfaces.rosenbrock(), (p) => new optim.Adam(p, { lr: 0.1 }), { steps: 200 })
 * while (!tracer.done) await tracer.step()
 * console.log(tracer.describe().behaviours)
 */
export class Tracer {
  private readonly walker: Walker
  private readonly path: Path
  private readonly most: number
  private readonly until: NonNullable<TraceOptions["until"]>

  constructor(surface: Surface, optimizer: (parameters: Tensor[]) => Traceable, options: TraceOptions = {}) {
    checkNames("trace", options, ["start", "steps", "seed", "until", "capture"])
    const { start = surface.start, steps = 100, seed = 0, until = () => false, capture = false } = options
    checkPoint("trace", "start", start, surface.dimension)
    if (!Number.isSafeInteger(steps) || steps < 0)
      throw invalid("trace", "steps is no such number", "a whole number ≥ 0", String(steps))
    this.most = steps
    this.until = until
    this.walker = new Walker(surface, optimizer, { start, seed, capture })
    this.path = new Path(surface)
    this.path.arrive([...start])
  }

  /** Whether it has made all steps, has come to where it was to end, or to where numbers end. */
  get done(): boolean {
    const { path } = this
    return path.steps >= this.most || !path.finite || this.until(path.point, path.value)
  }

  /** One step of the optimizer, unless the trace is done. */
  async step(): Promise<void> {
    if (this.done) return
    const { point, gradient, rate } = await this.walker.step()
    this.path.add(gradient, rate)
    this.path.arrive(point)
  }

  /** The trace up to here; its lists of points, values and gradients grow with further steps. */
  describe(): Trace {
    return this.path.describe()
  }
}

/** The parameter and the optimizer that moves it. */
class Walker {
  private readonly surface: Surface
  private readonly parameter: Tensor
  private readonly optimizer: Traceable
  private readonly generator: Generator

  /** Makes a step and gives the gradient at its beginning. */
  private readonly advance: () => Tensor | null

  constructor(
    surface: Surface,
    make: (parameters: Tensor[]) => Traceable,
    { start, seed, capture }: { readonly start: Point; readonly seed: number; readonly capture: boolean },
  ) {
    this.surface = surface
    this.generator = new Generator(seed)
    this.parameter = tensor([...start], { dtype: "float64", requiresGrad: true })
    this.optimizer = make([this.parameter])
    this.advance = capture ? compile(() => this.move()!) : () => this.move()
  }

  async step(): Promise<{ point: number[]; gradient: number[]; rate: number }> {
    const rate = this.optimizer.lr ?? Number.NaN
    const gradient = await this.advance()?.data()
    const point = await this.parameter.data()
    return { point: Array.from(point), gradient: Array.from(gradient ?? []), rate }
  }

  /** The gradient is the one at the point where the step began, however often the optimizer asks. */
  private move(): Tensor | null {
    const { parameter, optimizer } = this
    let first: Tensor | null = null
    optimizer.step(() => {
      optimizer.zeroGrad()
      const loss = this.loss()
      loss.backward()
      first ??= parameter.grad
      return loss
    })
    return first
  }

  private loss(): Tensor {
    const { surface, parameter } = this
    return surface.noisy === undefined ? surface.f(parameter) : surface.noisy(parameter, this.generator)
  }
}

/** Records a path and names what happens on it. */
class Path {
  private readonly surface: Surface
  private readonly points: Point[] = []
  private readonly values: number[] = []
  private readonly gradients: Point[] = []
  private readonly gradientNorms: number[] = []
  private readonly shown: Point[] = []
  private readonly rates: number[] = []
  private readonly behaviours: { name: BehaviourName; from: number; to: number }[] = []

  constructor(surface: Surface) {
    this.surface = surface
  }

  arrive(point: Point): void {
    const gradient = this.surface.gradient(point)
    this.points.push(point)
    this.values.push(this.surface.value(point))
    this.gradients.push(gradient)
    this.gradientNorms.push(Math.hypot(...gradient))
    const at = this.points.length - 1
    const { points, values, gradientNorms } = this
    const name = behaviourAt(this.surface, { points, values, gradientNorms }, at)
    const last = this.behaviours.at(-1)
    if (last?.name === name) last.to = at
    else this.behaviours.push({ name, from: at, to: at })
  }

  add(gradient: Point, rate: number): void {
    this.shown.push(gradient)
    this.rates.push(rate)
  }

  get steps(): number {
    return this.shown.length
  }

  get point(): Point {
    return this.points.at(-1)!
  }

  get value(): number {
    return this.values.at(-1)!
  }

  get finite(): boolean {
    return [this.value, ...this.point, ...this.gradients.at(-1)!].every((x) => Number.isFinite(x))
  }

  describe(): Trace {
    const { surface, steps, points, values, gradients, gradientNorms, shown, rates, behaviours } = this
    const velocities = shown.map((_, t) => points[t + 1]!.map((x, i) => x - points[t]![i]!))
    const effectiveRates = velocities.map((way, t) => way.map((x, i) => -x / shown[t]![i]!))
    const { name: behaviour } = behaviours.at(-1)!
    return {
      ...{
        surface,
        steps,
        points,
        values,
        gradients,
        gradientNorms,
        shown,
        velocities,
        effectiveRates,
        rates,
      },
      ...{ behaviours, behaviour, rule: behaviourRules[behaviour] },
    }
  }
}
