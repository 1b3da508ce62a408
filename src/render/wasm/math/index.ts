export * from "./functions.ts"
export * from "./write-terms.ts"
