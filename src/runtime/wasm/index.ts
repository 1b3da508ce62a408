export * from "./device.ts"
export * from "./features.ts"
export type { WorkerHandle, WorkerHost } from "./workers.ts"
export { webWorkers } from "./workers.ts"
