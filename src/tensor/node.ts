// The front door of src/tensor for programs on Node: it adds the native device.
import "../engine/node.ts"

export type { CachedObjects } from "../engine/node.ts"
export { cachedObjects, clearCachedObjects } from "../engine/node.ts"
