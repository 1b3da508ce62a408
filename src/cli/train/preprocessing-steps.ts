import type { Transform } from "../../data/index.ts"
import {
  LogTransform,
  MinMaxScaler,
  PCA,
  QuantileTransformer,
  RobustScaler,
  StandardScaler,
  ZCA,
} from "../../data/index.ts"
import type { Specification } from "../terminal/specification.ts"
import { checked, lookUp, specification } from "../terminal/specification.ts"

interface Step {
  readonly name: string
  readonly summary: string
  readonly make: (options: object) => Transform | null
}

/** What --preprocess takes. */
export const preprocessingSteps: readonly Step[] = [
  { name: "standardize", summary: "mean 0 and variance 1", make: (o) => new StandardScaler(o) },
  { name: "whiten", summary: "no correlations, variance 1 (ZCA)", make: (o) => new ZCA(o) },
  { name: "pca", summary: "along the main axes", make: (o) => new PCA(o) },
  { name: "min-max", summary: "between 0 and 1", make: (o) => new MinMaxScaler(o) },
  { name: "robust", summary: "by median and quartiles", make: (o) => new RobustScaler(o) },
  { name: "quantile", summary: "by ranks", make: (o) => new QuantileTransformer(o) },
  { name: "log", summary: "logarithms", make: (o) => new LogTransform(o) },
  { name: "none", summary: "nothing but missing values and categories", make: () => null },
]

const OPTION = "--preprocess"

/** Parses one step and holds it to its rules. @throws NABLA_INVALID_OPTION */
export function preprocessingStep(text: string): Specification {
  const step = specification(OPTION)(text)
  const { name } = lookUp(OPTION, preprocessingSteps, step)
  if (name !== "none") makeStep(step)
  return { ...step, name }
}

/** @throws NABLA_INVALID_OPTION for a step or options that there are not */
export function makeStep(step: Specification): Transform {
  const { make } = lookUp(OPTION, preprocessingSteps, step)
  return checked(OPTION, step, () => make(step.options)!)
}
