import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { noGrad } from "../../tensor/index.ts"
import type { AnyModule } from "../module.ts"
import type { Parameter } from "../parameter.ts"
import { constant_, zeros_ } from "./constants.ts"
import type { InitOptions } from "./distributions.ts"
import { onlyGenerator } from "./distributions.ts"
import { orthogonal_ } from "./matrices.ts"
import {
  kaimingNormal_,
  kaimingUniform_,
  lecunNormal_,
  lecunUniform_,
  xavierNormal_,
  xavierSimplified_,
  xavierUniform_,
} from "./variance-scaling.ts"

type Initialiser = (weight: Tensor, options: InitOptions) => Tensor

const schemes = {
  zeros: (weight: Tensor): Tensor => zeros_(weight),
  xavierUniform: xavierUniform_,
  xavierNormal: xavierNormal_,
  xavierSimplified: xavierSimplified_,
  kaimingUniform: kaimingUniform_,
  kaimingNormal: kaimingNormal_,
  heUniform: kaimingUniform_,
  heNormal: kaimingNormal_,
  lecunUniform: lecunUniform_,
  lecunNormal: lecunNormal_,
  orthogonal: orthogonal_,
} satisfies Record<string, Initialiser>

/** The name of an initialiser with its defaults, or a function that initialises one weight. */
export type Scheme = keyof typeof schemes | ((weight: Parameter, path: string) => unknown)

export interface InitializeOptions extends InitOptions {
  /** What biases become; null leaves them as they are. Default: 0. */
  readonly bias?: number | null
  /** Which parameters are initialised; default: all weights and biases but those of embeddings. */
  readonly filter?: (path: string, parameter: Parameter) => boolean
}

/**
 * Initialises a whole model: the scheme for each weight (a parameter of at least 2 dimensions), a constant for each
 * bias (a parameter of 1 dimension whose name has "bias" in it). What is neither, such as γ of a normalisation, is left
 * alone. Embeddings are left alone too, since their rows are looked up rather than summed.
 *
 * @throws NABLA_INVALID_ARGUMENT for a scheme that does not exist
 *
 * @example nn.init.initialize(model, "heNormal")
 * @example nn.init.initialize(model, (w) => nn.init.normal_(w, { std: 0.01 }), { bias: 0.1 })
 */
export function initialize<M extends AnyModule>(
  model: M,
  scheme: Scheme,
  options: InitializeOptions = {},
): M {
  const { bias = 0, filter = () => true } = options
  const initialise = schemeOf(scheme, options)
  const rows = embeddingWeights(model)
  noGrad(() => {
    for (const [path, parameter] of model.namedParameters()) {
      if (rows.has(parameter) || !filter(path, parameter)) continue
      const name = path.slice(path.lastIndexOf(".") + 1)
      if (parameter.ndim >= 2) initialise(parameter, path)
      else if (bias !== null && name.includes("bias")) constant_(parameter, bias)
    }
  })
  return model
}

function schemeOf(scheme: Scheme, options: InitOptions): (weight: Parameter, path: string) => unknown {
  if (typeof scheme === "function") return scheme
  if (Object.hasOwn(schemes, scheme)) {
    const initialise: Initialiser = schemes[scheme]
    return (weight) => initialise(weight, onlyGenerator(options))
  }
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such scheme",
    where: "initialize",
    expected: `a function, or ${Object.keys(schemes).join(" | ")}`,
    got: String(scheme),
  })
}

/** Told by their sizes rather than their class, since layers are built on initialisers and not the other way round. */
function embeddingWeights(model: AnyModule): Set<unknown> {
  return new Set(
    model
      .modules()
      .flatMap((module) => ("numEmbeddings" in module ? [(module as { weight?: unknown }).weight] : [])),
  )
}
