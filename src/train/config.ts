/** A name with options: "adamw", "adamw:weight-decay=0.1", or { name: "adamw", options: { weightDecay: 0.1 } }. */
export type NamedConfig =
  | string
  | {
      readonly name: string
      readonly options?: Readonly<Record<string, number | boolean | string | readonly number[]>>
    }

/** What a file nabla.config.ts, .js, .mjs, .json or .yaml may hold: the options of `nabla train`, by their names. */
export interface TrainConfig {
  readonly recipe?: NamedConfig
  /** A name of generated or public data, a file or a folder; paths are seen from where nabla is called. */
  readonly data?: string
  /** Of tables: the column to predict. */
  readonly target?: string
  readonly task?: "classification" | "regression"
  /** Of tables: the columns to predict from. Default: all others. */
  readonly features?: readonly string[]
  readonly preprocess?: NamedConfig | readonly NamedConfig[]
  readonly epochs?: number
  readonly lr?: number
  readonly batchSize?: number
  readonly optimizer?: NamedConfig
  readonly momentum?: number
  readonly schedule?: NamedConfig
  /** Steps, or "2ep", or "10%". */
  readonly warmUp?: number | string
  readonly metrics?: readonly string[]
  /** Epochs without an improvement after which the training ends. */
  readonly earlyStopping?: number
  /** Decay of a running average of the weights. */
  readonly ema?: number
  /** Batches whose gradients make one step. */
  readonly accumulate?: number
  readonly clipNorm?: number
  readonly evaluateEvery?: number
  readonly samples?: number
  readonly augment?: readonly string[]
  readonly workers?: number
  readonly dataDir?: string
  readonly seed?: number
  readonly device?: string
  readonly threads?: number
  readonly out?: string
  readonly name?: string
  /** Whether layers and gradients are watched, and a report is written. Default: true. */
  readonly report?: boolean
  readonly quiet?: boolean
  readonly json?: boolean
}

/**
 * Gives a configuration back as it is; editors know its keys then.
 *
 * @example
 * // nabla.config.ts: export default
 * defineConfig({ recipe: "mlp", data: "spiral", epochs: 20, earlyStopping: 5 })
 */
export function defineConfig(config: TrainConfig): TrainConfig {
  return config
}
