import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import type { PreprocessingState, Transform } from "./preprocessing.ts"
import type { FitSource } from "./source.ts"
import { inputsOf, repeatable } from "./source.ts"

/**
 * Several preprocessings as one: each learns from what the ones before give, and `inverse` goes back in the opposite
 * order. The training data are gone through once for each stage.
 *
 * @throws NABLA_INVALID_ARGUMENT without a stage; in fit for an iterator, which can be gone through only once
 *
 * @example const pipeline = await new Pipeline([new Imputer(), new StandardScaler()]).fit(train)
 */
export class Pipeline implements Transform {
  readonly kind = "Pipeline"
  readonly stages: readonly Transform[]

  constructor(stages: readonly Transform[]) {
    this.stages = [...stages]
    if (this.stages.length > 0) return
    throw new NablaError("NABLA_INVALID_ARGUMENT", { message: "there is no stage", where: this.kind })
  }

  get fitted(): boolean {
    return this.stages.every((stage) => stage.fitted)
  }

  /** Lets each stage learn. @throws the errors of the stages */
  async fit(source: FitSource): Promise<this> {
    const again = this.stages.length > 1 ? repeatable(source, this.kind) : source
    for (const [i, stage] of this.stages.entries()) {
      const before = this.stages.slice(0, i)
      await stage.fit(i === 0 ? again : () => mapped(again, before))
    }
    return this
  }

  /** All stages, from the first on. */
  transform(x: Tensor): Tensor {
    return through(this.stages, x)
  }

  /** All stages undone, from the last on. */
  inverse(x: Tensor): Tensor {
    return this.stages.reduceRight((y, stage) => stage.inverse(y), x)
  }

  toJSON(): PreprocessingState {
    const learned = { stages: this.stages.map((stage) => stage.toJSON()) }
    return { kind: this.kind, options: {}, learned }
  }
}

function through(stages: readonly Transform[], x: Tensor): Tensor {
  return stages.reduce((y, stage) => stage.transform(y), x)
}

/** In double precision, so that a stage does not learn the rounding errors of the one before. */
async function* mapped(source: FitSource, stages: readonly Transform[]): AsyncGenerator<Tensor> {
  for await (const x of inputsOf(source)) yield through(stages, x.to("float64"))
}
