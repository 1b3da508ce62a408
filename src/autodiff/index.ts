export { vectorize } from "./batch.ts"
export { pushforward } from "./forward.ts"
export { pullback } from "./reverse.ts"
