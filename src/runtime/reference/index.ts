export * from "./device.ts"
export { kernelSource } from "./source.ts"
