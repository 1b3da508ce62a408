export type { NamedTensors } from "./safetensors.ts"
export { encodeSafetensors } from "./safetensors.ts"
