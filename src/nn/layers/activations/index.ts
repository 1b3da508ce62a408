/** Non-linearities, by family. */
export * from "./exponential-units.ts"
export * from "./gated.ts"
export * from "./rectifiers.ts"
export * from "./shrinks.ts"
export * from "./sigmoids.ts"
export * from "./softmax.ts"
