export type { Schedule } from "./constant.ts"
export { constant } from "./constant.ts"
