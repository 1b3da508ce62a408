import type { surfaces, Tensor } from "nabla"
import { optim } from "nabla"
import type { Entry } from "./controls.ts"
import { parseSettings } from "./settings.ts"

type Options = Readonly<Record<string, unknown>>
type Make = (params: Tensor[], options: Options) => optim.Optimizer

/** Those that are another one with settings, or around another one. All else has its name from nabla/optim. */
const special: Readonly<Record<string, Make>> = {
  momentum: (params, options) => optim.sgd(params, { momentum: 0.9, ...options }),
  nesterov: (params, options) => optim.sgd(params, { momentum: 0.9, nesterov: true, ...options }),
  lookahead: (params, options) => optim.lookahead(optim.adam(params, options)),
  sam: (params, options) => optim.sam(optim.sgd(params, options)),
}

/** The optimizer of a runner. */
export function makerOf({ optimizer, rate, more }: Entry): (params: Tensor[]) => optim.Optimizer {
  const make = special[optimizer] ?? (optim as unknown as Readonly<Record<string, Make>>)[optimizer]!
  const options = { lr: rate, ...parseSettings(more) }
  return (params) => make(params, options)
}

/** Whether its step can be captured and replayed: it reads no values on the way. */
export const isCapturable = ({ optimizer }: Entry): boolean =>
  !["newton", "lbfgs", "hessianFree"].includes(optimizer)

/** Two steps for one: what looks on sees every second step only. */
export function everySecond(
  make: (params: Tensor[]) => surfaces.Traceable,
): (params: Tensor[]) => surfaces.Traceable {
  return (params) => {
    const inner = make(params)
    return {
      zeroGrad: () => inner.zeroGrad(),
      step: (closure) => {
        inner.step(closure)
        return inner.step(closure)
      },
    }
  }
}
