export { parseConfig } from "./config/read-config.ts"
export { runCommandLine } from "./run.ts"
export { exitCodes } from "./terminal/exit-codes.ts"
