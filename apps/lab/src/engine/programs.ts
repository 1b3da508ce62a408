import type { Program } from "./protocol.ts"

type AnyProgram = Program<never, unknown>
type Load = () => Promise<Program<unknown, unknown>>

/** Every `run.ts` beside an experiment, by the name of its folder; loaded when it is asked for. */
const found = import.meta.glob<{ run: AnyProgram }>([
  "../experiments/*/run.ts",
  "../playground/run.ts",
  "../code/run.ts",
])

export const programs: Readonly<Record<string, Load>> = Object.fromEntries(
  Object.entries(found).map(([path, load]) => [
    path.split("/").at(-2)!,
    async () => (await load()).run as Program<unknown, unknown>,
  ]),
)
