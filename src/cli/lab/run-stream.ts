import { once } from "node:events"
import type { ServerResponse } from "node:http"
import { loadRun } from "../../train/node.ts"
import type { RunAccess } from "./run-access.ts"

/** How often a run is looked at, and how often a silent stream says that it lives, in milliseconds. */
const LOOK = 400
const HEARTBEAT = 15_000
/** Of the log, in one event. */
const PART = 2 ** 20

/**
 * Sends the log of a run as it grows: events `metrics` with whole lines of metrics.jsonl, whose ids are places in the
 * file, so that a stream that broke goes on where it was; `reset` when the log was cut back; `status` when the run's
 * status has changed, and `end` when no more will come.
 *
 * @param from a place in the file
 */
export async function streamRun(
  runs: RunAccess,
  name: string,
  { response, from }: { response: ServerResponse; from: number },
): Promise<void> {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" })
  response.flushHeaders()
  const closed = new AbortController()
  response.once("close", () => closed.abort())
  const { signal } = closed
  const send = async (event: string, data: unknown, id?: number): Promise<void> => {
    const place = id === undefined ? "" : `id: ${id}\n`
    const text = `${place}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    if (!response.write(text)) await once(response, "drain", { signal })
  }
  let [at, status, silent] = [from, "", 0]
  try {
    while (!signal.aborted) {
      // The status first: what was written before a run ended is sent before its end is.
      const now = loadRun(runs.folder(name)).status
      const { lines, next, cut } = await readLines(runs, name, at)
      if (cut) await send("reset", null, 0)
      if (lines.length > 0) await send("metrics", lines, next)
      silent = next === at && !cut ? silent + LOOK : 0
      const more = next > at
      at = next
      if (more) continue
      if (now !== status) await send("status", { status: (status = now) })
      if (now !== "running") return void (await send("end", { status: now }))
      if (silent % HEARTBEAT < LOOK) response.write(": still here\n\n")
      await pause(LOOK, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    response.end()
  }
}

/** The whole lines from a place in the log on, and the place behind them. */
async function readLines(
  runs: RunAccess,
  name: string,
  from: number,
): Promise<{ lines: string[]; next: number; cut: boolean }> {
  const opened = await runs.open(name, ["metrics.jsonl"]).catch(() => null)
  if (opened === null) return { lines: [], next: 0, cut: from > 0 }
  const { file, size } = opened
  try {
    const cut = from > size
    const start = cut ? 0 : from
    const bytes = Buffer.alloc(Math.min(PART, size - start))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
    const end = bytes.subarray(0, bytesRead).lastIndexOf("\n") + 1
    const lines = bytes.toString("utf8", 0, end).split("\n").filter(Boolean)
    return { lines, next: start + end, cut }
  } finally {
    await file.close()
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
