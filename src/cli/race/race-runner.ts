import type { Trace } from "../../surfaces/index.ts"

/** An optimizer's path, with the name under which it ran. */
export interface Runner {
  readonly label: string
  readonly path: Trace
}
