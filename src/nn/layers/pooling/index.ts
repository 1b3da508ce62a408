/** Pooling: windows of an image summed up by one value, and back. */
export * from "./adaptive-pool.ts"
export * from "./avg-pool.ts"
export * from "./lp-pool.ts"
export * from "./max-pool.ts"
export * from "./max-unpool.ts"
