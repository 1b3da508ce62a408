export type { Task } from "./fuse.ts"
export type { Plan, PlannedCall, PlanOptions, Slot } from "./plan.ts"
export { planGraph } from "./plan.ts"
export { repeatedWork } from "./repeats.ts"
