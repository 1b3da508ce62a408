import { NablaError } from "../../base/index.ts"
import { Imputer } from "./imputer.ts"
import { LogTransform } from "./log-transform.ts"
import { MinMaxScaler } from "./min-max-scaler.ts"
import { OneHotEncoder } from "./one-hot-encoder.ts"
import { PCA } from "./pca.ts"
import { Pipeline } from "./pipeline.ts"
import type { Transform } from "./preprocessing.ts"
import { QuantileTransformer } from "./quantile-transformer.ts"
import { RobustScaler } from "./robust-scaler.ts"
import { StandardScaler } from "./standard-scaler.ts"
import { malformed } from "./state.ts"
import { ZCA } from "./zca.ts"

type Restorable = Transform & { restore(learned: unknown): Transform }

const kinds: ReadonlyMap<string, (options: object) => Restorable> = new Map<
  string,
  (options: object) => Restorable
>([
  ["Imputer", (options: object) => new Imputer(options)],
  ["LogTransform", (options: object) => new LogTransform(options)],
  ["MinMaxScaler", (options: object) => new MinMaxScaler(options)],
  ["OneHotEncoder", (options: object) => new OneHotEncoder(options)],
  ["PCA", (options: object) => new PCA(options)],
  ["QuantileTransformer", (options: object) => new QuantileTransformer(options)],
  ["RobustScaler", (options: object) => new RobustScaler(options)],
  ["StandardScaler", (options: object) => new StandardScaler(options)],
  ["ZCA", (options: object) => new ZCA(options)],
])

/** Pipelines within pipelines: more than anybody needs, and no danger to the stack. */
const DEEPEST = 32

/**
 * A preprocessing from what its toJSON gave, for instance from a checkpoint: it transforms with the same bits.
 *
 * @throws NABLA_FILE_FORMAT for anything else
 *
 * @example
 * const text = JSON.stringify(scaler)
 * const same = preprocessingFrom(JSON.parse(text))
 */
export function preprocessingFrom(state: unknown, depth = 0): Transform {
  if (!isRecord(state))
    throw malformed("preprocessingFrom", "it", "an object with kind, options, learned", state)
  const { kind, options, learned } = state
  if (kind === "Pipeline") {
    const stages = isRecord(learned) ? learned.stages : undefined
    if (!Array.isArray(stages) || stages.length === 0 || depth > DEEPEST)
      throw malformed("Pipeline", "stages", `a list, nested at most ${DEEPEST} times`, stages)
    return new Pipeline(stages.map((stage) => preprocessingFrom(stage, depth + 1)))
  }
  const make = kinds.get(String(kind))
  if (make === undefined) throw malformed("preprocessingFrom", "kind", [...kinds.keys()].join(", "), kind)
  if (!isRecord(options)) throw malformed(String(kind), "options", "an object", options)
  return made(String(kind), make, options).restore(learned)
}

/** Whatever is wrong with saved options: the file is to blame. */
function made(kind: string, make: (options: object) => Restorable, options: object): Restorable {
  try {
    return make(options)
  } catch (cause) {
    const detail =
      cause instanceof NablaError ? cause.detail : { message: "the options are wrong", where: kind }
    throw new NablaError("NABLA_FILE_FORMAT", { ...detail, cause })
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
