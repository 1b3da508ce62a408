export { cacheFolder } from "./cache.ts"
export * from "./device.ts"
