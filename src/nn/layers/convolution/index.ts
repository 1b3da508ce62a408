/** Convolutions and their adjoints. */
export * from "./conv.ts"
export * from "./conv-transpose.ts"
export * from "./separable.ts"
