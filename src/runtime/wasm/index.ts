export * from "./device.ts"
export * from "./features.ts"
