export { formulas } from "./functions.ts"
export type { Term, TermOp } from "./terms.ts"
export { argument, HALF_PI_HIGH, HALF_PI_LOW, integerTerms } from "./terms.ts"
