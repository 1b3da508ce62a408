export * from "./write-terms.ts"
