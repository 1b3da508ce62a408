import type { diagnose } from "nabla/diagnostics"

/** What the doctor is given: the arguments of diagnose. */
export type Subject = Readonly<Parameters<typeof diagnose>>

/** Makes a training, and where the fault only shows in one, trains for a while. Draws from the default generator. */
export type Make = () => Subject | Promise<Subject>

/** A training that has exactly one fault, or none. */
export interface ZooCase {
  /** `dead-relu/sick/wide-glyphs` */
  readonly name: string
  /** The finding that is to be named first; null: no finding of severity "error". */
  readonly expected: string | null
  readonly make: Make
  /** Whether it is one of the few that every test run takes. */
  readonly quick: boolean
}

export interface Group {
  /** Trainings that have the fault, by what they are. */
  readonly sick: Readonly<Record<string, Make>>
  /** The like of them without it. */
  readonly healthy: Readonly<Record<string, Make>>
}

/** The cases of one fault. The first sick and the first healthy one are quick if `quick` is said. */
export function zooCases(
  fault: string,
  { sick, healthy }: Group,
  { quick = false }: { readonly quick?: boolean } = {},
): ZooCase[] {
  const listed = (group: Readonly<Record<string, Make>>, state: "sick" | "healthy"): ZooCase[] =>
    Object.entries(group).map(([name, make], i) => ({
      name: `${fault}/${state}/${name}`,
      expected: state === "sick" ? fault : null,
      make,
      quick: quick && i === 0,
    }))
  return [...listed(sick, "sick"), ...listed(healthy, "healthy")]
}
