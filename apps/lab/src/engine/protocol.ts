/** What the page and the Worker say to each other. Both come from one build, so a difference in version is a bug. */
export const PROTOCOL = 1

/** The page's side. A session is one run of an experiment, the Playground, or a script. */
export type ToWorker =
  | { readonly kind: "run"; readonly session: number; readonly program: string; readonly values: unknown }
  | { readonly kind: "command"; readonly session: number; readonly command: unknown }
  /** The page has drawn a view, and can take the next one. */
  | { readonly kind: "drawn"; readonly session: number }
  | { readonly kind: "stop"; readonly session: number }
  | { readonly kind: "ping" }

export type FromWorker =
  | {
      readonly kind: "ready"
      readonly protocol: number
      readonly device: string
      readonly limits: readonly string[]
    }
  | { readonly kind: "view"; readonly session: number; readonly view: unknown }
  | { readonly kind: "done"; readonly session: number }
  | { readonly kind: "failed"; readonly session: number; readonly problem: Problem }
  | { readonly kind: "pong" }

/** What went wrong, for people. */
export interface Problem {
  readonly message: string
  readonly code?: string
  readonly where?: string
  readonly hint?: string
}

export function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code, detail } = error as Error & {
    code?: string
    detail?: { message: string; where?: string; hint?: string; expected?: string; got?: string }
  }
  if (code === undefined || detail === undefined) return { message: error.message }
  const { message, where, expected, got } = detail
  // Without a hint, what was wanted is one.
  const wanted = [expected && `expected: ${expected}`, got && `got: ${got}`].filter(Boolean).join("; ")
  const hint = detail.hint ?? wanted
  return { message, code, ...(where === undefined ? {} : { where }), ...(hint === "" ? {} : { hint }) }
}

/** What a program in the Worker has of its session. */
export interface Session<Command = unknown> {
  readonly signal: AbortSignal
  /** Shows a view at once, from within code that yields nothing for long; to be called some ten times a second at most. */
  show(view: unknown): void
  /** Commands from the page since the last call. */
  commands(): readonly Command[]
  /** Waits until there is a command, or the session ends. */
  idle(): Promise<void>
}

/**
 * A program that runs in the Worker: it yields what the page shall draw, plain data that can be cloned, at least every
 * 100 ms or so, coarse first. The session ends when it returns.
 */
export type Program<Values, View, Command = unknown> = (
  values: Values,
  session: Session<Command>,
) => AsyncGenerator<View, void, void> | Generator<View, void, void>
