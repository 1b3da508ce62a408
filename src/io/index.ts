export type { NamedTensors } from "./safetensors.ts"
export { encodeSafetensors } from "./safetensors.ts"
export type { SafetensorsEntry, SafetensorsFile, SafetensorsHeader } from "./safetensors-read.ts"
export { decodeSafetensors } from "./safetensors-read.ts"
