/** Weights that are computed from other parameters. */
export type { ParametrizationOptions } from "./parametrize.ts"
export * from "./spectral-norm.ts"
export * from "./weight-norm.ts"
export * from "./weight-standardisation.ts"
