import type { optim, surfaces, Tensor } from "nabla"
import { Generator, tensor } from "nabla"

export interface WalkOptions {
  readonly start?: readonly number[]
  readonly steps: number
  /** Ends the walk at the first point for which it holds. */
  readonly until?: (point: readonly number[]) => boolean
  readonly seed?: number
}

/** An optimizer on its way over a surface, in double precision, in slices of time: for the Worker. */
export class Walk {
  readonly points: number[][] = []
  private readonly surface: surfaces.Surface
  private readonly parameter: Tensor
  private readonly optimizer: optim.Optimizer
  private readonly options: WalkOptions
  private readonly generator: Generator

  constructor(
    surface: surfaces.Surface,
    make: (parameters: Tensor[]) => optim.Optimizer,
    options: WalkOptions,
  ) {
    const start = [...(options.start ?? surface.start)]
    this.surface = surface
    this.options = options
    this.parameter = tensor(start, { dtype: "float64", requiresGrad: true })
    this.optimizer = make([this.parameter])
    this.generator = new Generator(options.seed ?? 0)
    this.points.push(start)
  }

  get steps(): number {
    return this.points.length - 1
  }

  get last(): readonly number[] {
    return this.points.at(-1)!
  }

  /** Whether what was waited for has happened. */
  get arrived(): boolean {
    return this.options.until?.(this.last) ?? false
  }

  get done(): boolean {
    return this.steps >= this.options.steps || this.arrived || !this.last.every(Number.isFinite)
  }

  step(): void {
    const { parameter, optimizer, surface } = this
    optimizer.zeroGrad()
    const loss = surface.noisy?.(parameter, this.generator) ?? surface.f(parameter)
    loss.backward()
    optimizer.step()
    this.points.push(Array.from(parameter.dataSync()))
  }
}

/** Lets walks go on until all are done, and pauses every so many milliseconds. */
export function* advance(
  walks: readonly Walk[],
  signal: AbortSignal,
  slice = 60,
): globalThis.Generator<undefined, void, void> {
  let pause = performance.now() + slice
  for (const walk of walks) {
    while (!walk.done) {
      if (signal.aborted) return
      walk.step()
      if (performance.now() > pause) {
        yield
        pause = performance.now() + slice
      }
    }
  }
}

/** At most so many points of a path, the first and the last among them: a picture needs no more. */
export function thinned<T>(points: readonly T[], most = 400): T[] {
  if (points.length <= most) return [...points]
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]!)
}

/** Numbers of the steps that `thinned` keeps. */
export const thinnedSteps = (count: number, most = 400): number[] =>
  thinned(
    Array.from({ length: count }, (_, i) => i),
    most,
  )
