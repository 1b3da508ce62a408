import type { CDPSession } from "@playwright/test"

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly args?: { readonly name?: string }
  /** Microseconds of the clock, and of the processor. */
  readonly dur?: number
  readonly tdur?: number
}

/** What a page's main thread did while something was watched. */
export interface MainThread {
  /** Frames that were drawn. */
  readonly frames: number
  /** Milliseconds of processor time for each frame, on average: another process that has the core does not count. */
  readonly perFrame: number
  /** Its largest parts, by the browser's names for them. */
  readonly parts: string
}

/** Records a trace while `watched` goes on. */
export async function traceMainThread(cdp: CDPSession, watched: () => Promise<void>): Promise<MainThread> {
  const events: TraceEvent[] = []
  cdp.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  const includedCategories = ["devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata"]
  await cdp.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories } })
  await watched()
  const complete = new Promise((resolve) => cdp.once("Tracing.tracingComplete", resolve))
  await cdp.send("Tracing.end")
  await complete
  return mainThreadOf(events)
}

function mainThreadOf(events: readonly TraceEvent[]): MainThread {
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`
  const mains = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(threadOf),
  )
  // Of several pages' threads the one that drew most.
  const commits = events.filter((event) => event.name === "Commit" && mains.has(threadOf(event)))
  const [thread, frames] = counted(commits.map((event) => [threadOf(event), 1]))[0] ?? ["", 0]
  const own = events.filter((event) => event.ph === "X" && threadOf(event) === thread)
  const times = counted(
    own.map(({ name, tdur, dur }) => [name, (tdur ?? dur ?? 0) / 1000 / Math.max(1, frames)]),
  )
  const parts = times.filter(([name]) => name !== "RunTask").slice(0, 6)
  return {
    frames,
    perFrame: times.find(([name]) => name === "RunTask")?.[1] ?? 0,
    parts: parts.map(([name, time]) => `${name} ${time.toFixed(2)}`).join(", "),
  }
}

/** Sums by name, the largest first. */
function counted(entries: readonly (readonly [name: string, amount: number])[]): [string, number][] {
  const sums = new Map<string, number>()
  for (const [name, amount] of entries) sums.set(name, (sums.get(name) ?? 0) + amount)
  return [...sums].toSorted(([, a], [, b]) => b - a)
}
