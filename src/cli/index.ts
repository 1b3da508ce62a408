export { exitCodes } from "./exit-codes.ts"
export { runCommandLine } from "./run.ts"
