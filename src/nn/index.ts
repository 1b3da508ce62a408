export * from "./attention/index.ts"
export type { Communicator } from "./communicator.ts"
export { InProcessCommunicator, inProcess } from "./communicator.ts"
export * as functional from "./functional.ts"
export { functionalCall } from "./functional-call.ts"
export * as init from "./init/index.ts"
export * from "./layers/index.ts"
export * from "./losses/index.ts"
export * from "./losses/modules.ts"
export * from "./models/index.ts"
export type {
  AnyModule,
  ForwardHook,
  ForwardPreHook,
  FullBackwardHook,
  HookHandle,
  HookOptions,
  Members,
} from "./module.ts"
export { inSnakeCase, Module } from "./module.ts"
export { Buffer, buffer, Parameter, parameter } from "./parameter.ts"
export * from "./parametrizations/index.ts"
export * from "./recurrent/index.ts"
export * from "./regularisers/index.ts"
export type { KeyReport, StateDict } from "./state-dict.ts"
export type { Summary, SummaryOptions, SummaryRow } from "./summary.ts"
export { summary } from "./summary.ts"
export * from "./transformer/index.ts"
