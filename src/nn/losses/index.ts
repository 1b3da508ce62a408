export * from "./cross-entropy.ts"
export { mse, mse as mseLoss } from "./mse.ts"
export type { LossOptions, Reduction } from "./reduction.ts"
