import type { FitListener } from "../../train/index.ts"
import { JsonLines } from "./json-lines.ts"
import { progressFor } from "./progress.ts"

/** What follows a training on the terminal: nothing with --quiet, lines of JSON with --json, else a bar or lines. */
export function followerFor(
  output: NodeJS.WriteStream,
  { quiet = false, json = false }: { readonly quiet?: boolean; readonly json?: boolean },
): FitListener[] {
  if (json) return [new JsonLines()]
  return quiet ? [] : [progressFor(output)]
}
