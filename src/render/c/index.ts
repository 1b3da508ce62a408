export * from "./render.ts"
