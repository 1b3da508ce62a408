export { cacheFolder } from "./cache.ts"
export type { CachedObjects } from "./cached-objects.ts"
export { cachedObjects, clearCachedObjects } from "./cached-objects.ts"
export * from "./device.ts"
