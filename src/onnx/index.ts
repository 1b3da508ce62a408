export type { ExportableModel, OnnxOptions } from "./export.ts"
export { exportOnnx } from "./export.ts"
