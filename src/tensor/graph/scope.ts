import type { Origin } from "../../graph/index.ts"
import { closeOrigin, openOrigin } from "../../graph/index.ts"

/** What was running when a module began. */
export type ModuleScope = Origin | null

/** What is computed from here on belongs to the module of this path, as graphOf shows it. Ends with leaveModule. */
export function enterModule(path: string): ModuleScope {
  return openOrigin("module", path)
}

export function leaveModule(scope: ModuleScope): void {
  closeOrigin(scope)
}
