import { token } from "./token.ts"

/** What `nabla lab` says of runs; without it the pages are served, and nothing answers. */

export type Json = Readonly<Record<string, unknown>>

export interface ListedRun {
  readonly name: string
  readonly recipe: string | null
  readonly data: string | null
  readonly status: string
  readonly steps: number
  readonly epochs: number
  readonly loss: number | null
  readonly accuracy: number | null
  readonly started: string | null
  readonly config: Json
  /** Whether its learning rate can be set from here while it runs. */
  readonly byHand: boolean
  readonly problem?: string
}

export interface RunDetail {
  readonly name: string
  readonly status: string
  readonly config: Json
  readonly environment: Json
  readonly summary: Json
  readonly files: readonly string[]
}

const addressOf = (...path: string[]): string => ["api", "runs", ...path].map(encodeURIComponent).join("/")

/** The runs of the folder; null where no server of runs answers. */
export async function listRuns(): Promise<readonly ListedRun[] | null> {
  try {
    const answer = await fetch(addressOf())
    if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) return null
    return ((await answer.json()) as { runs: readonly ListedRun[] }).runs
  } catch {
    return null
  }
}

export async function readRun(name: string): Promise<RunDetail> {
  const answer = await fetch(addressOf(name))
  if (!answer.ok) throw new Error(await messageOf(answer))
  return (await answer.json()) as RunDetail
}

/** A file of a run as text; null when it has none of that name. */
export async function readRunFile(name: string, file: string): Promise<string | null> {
  const answer = await fetch(fileAddress(name, file))
  return answer.ok ? answer.text() : null
}

export const fileAddress = (name: string, file: string): string => addressOf(name, "files", file)

export const mayChange = token !== null

/** Sets the rate of a run that listens. */
export async function setRate(name: string, rate: number): Promise<void> {
  const answer = await fetch(addressOf(name, "rate"), {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${token ?? ""}` },
    body: JSON.stringify({ rate }),
  })
  if (!answer.ok) throw new Error(await messageOf(answer))
}

export interface RunListener {
  /** Whole lines of metrics.jsonl. */
  lines(lines: readonly string[]): void
  /** The log was cut back: all that was sent before counts no more. */
  reset(): void
  status(status: string): void
  end(): void
}

/** Follows the log of a run as it grows, until it has ended; a stream that breaks goes on where it was. */
export function followRun(name: string, listener: RunListener): () => void {
  const source = new EventSource(addressOf(name, "events"))
  const on = (event: string, act: (data: unknown) => void): void =>
    source.addEventListener(event, ({ data }: MessageEvent<string>) => act(JSON.parse(data)))
  on("metrics", (lines) => listener.lines(lines as string[]))
  on("reset", () => listener.reset())
  on("status", (data) => listener.status((data as { status: string }).status))
  on("end", (data) => {
    listener.status((data as { status: string }).status)
    listener.end()
    source.close()
  })
  return () => source.close()
}

async function messageOf(answer: Response): Promise<string> {
  const text = await answer.text()
  try {
    return (JSON.parse(text) as { error: string }).error
  } catch {
    return `the server answered ${answer.status}`
  }
}
