/** Layers that move elements to other places, or resample them. */
export * from "./flatten.ts"
export * from "./fold.ts"
export * from "./padding.ts"
export * from "./shuffle.ts"
export * from "./upsample.ts"
