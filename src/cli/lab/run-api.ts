import { readdirSync, statSync } from "node:fs"
import type { IncomingMessage, ServerResponse } from "node:http"
import { join } from "node:path"
import type { Run } from "../../train/node.ts"
import { loadRun, writeFileWhole } from "../../train/node.ts"
import type { RunLine } from "../runs/overview.ts"
import { lineOf } from "../runs/overview.ts"
import { RATE_FILE } from "../train/rate-control.ts"
import { admitToChanges, admitToData } from "./admission.ts"
import { Refusal } from "./refusal.ts"
import { RunAccess } from "./run-access.ts"
import { streamRun } from "./run-stream.ts"

/** Bytes of the largest request, and streams at a time. */
const LARGEST = 1024
const STREAMS = 16

/** A run as the Lab lists it. */
interface Listed extends RunLine {
  readonly config: unknown
  /** Whether its rate can be set from outside. */
  readonly byHand: boolean
  /** Why it cannot be read, of a folder with files that are damaged. */
  readonly problem?: string
}

/** What the Lab's page asks for under /api/. Reading needs no token: only pages of this server can read. */
export class RunApi {
  private readonly runs: RunAccess
  private readonly token: string
  private readonly lines = new Map<string, { stamp: string; line: RunLine }>()
  private streams = 0

  constructor(root: string, token: string) {
    this.runs = new RunAccess(root)
    this.token = token
  }

  /** @param path names, decoded, after /api/ */
  async answer(request: IncomingMessage, response: ServerResponse, path: readonly string[]): Promise<void> {
    admitToData(request)
    const [kind, run, what, ...rest] = path
    if (kind !== "runs") throw new Refusal(404, "there is nothing here")
    if (request.method === "PUT") {
      if (run === undefined || what !== "rate" || rest.length > 0)
        throw new Refusal(404, "nothing to be changed")
      return this.setRate(request, response, run)
    }
    if (request.method !== "GET") throw new Refusal(405, "only GET, and PUT for the rate")
    if (run === undefined)
      return sendJson(response, { runs: this.runs.names().map((name) => this.listed(name)) })
    if (what === undefined) return sendJson(response, this.described(run))
    if (what === "events" && rest.length === 0) return this.stream(request, response, run)
    if (what === "files") return this.sendFile(response, run, rest)
    throw new Refusal(404, "there is nothing here")
  }

  private listed(name: string): Listed {
    try {
      const run = loadRun(this.runs.folder(name))
      return { ...this.line(run), config: run.config, byHand: isByHand(run) }
    } catch (error) {
      const empty = {
        recipe: null,
        data: null,
        steps: 0,
        epochs: 0,
        loss: null,
        accuracy: null,
        started: null,
      }
      const problem = error instanceof Error ? error.message : String(error)
      return { name, ...empty, status: "damaged", config: {}, byHand: false, problem }
    }
  }

  /** A line is made from the whole log, so it is kept as long as that does not change. */
  private line(run: Run): RunLine {
    const log = statSync(join(run.path, "metrics.jsonl"), { throwIfNoEntry: false })
    const stamp = `${log?.size} ${log?.mtimeMs}`
    const kept = this.lines.get(run.name)
    if (kept?.stamp === stamp) return { ...kept.line, status: run.status }
    const line = lineOf(run)
    this.lines.set(run.name, { stamp, line })
    return line
  }

  private described(name: string): object {
    const path = this.runs.folder(name)
    const { config, environment, summary, status } = loadRun(path)
    const files = readdirSync(path, { withFileTypes: true }).filter(
      (it) => it.isFile() && !it.name.startsWith("."),
    )
    return { name, status, config, environment, summary, files: files.map((it) => it.name).sort() }
  }

  private async sendFile(response: ServerResponse, run: string, path: readonly string[]): Promise<void> {
    const { file, size, type } = await this.runs.open(run, path)
    // A picture or page of a run is shown, but no script in it may run.
    response.writeHead(200, {
      "Content-Type": type,
      "Content-Length": size,
      "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
      "Cache-Control": "no-store",
    })
    // A log may grow meanwhile.
    const stream = file.createReadStream({ start: 0, end: Math.max(0, size - 1) })
    if (size === 0) stream.destroy()
    for await (const part of size === 0 ? [] : stream) {
      if (response.destroyed) break
      if (!response.write(part))
        await new Promise((resolve) => response.once("drain", resolve).once("close", resolve))
    }
    response.end()
  }

  private async stream(request: IncomingMessage, response: ServerResponse, run: string): Promise<void> {
    this.runs.folder(run)
    if (this.streams >= STREAMS) throw new Refusal(503, "too many streams at a time")
    const from = Number(request.headers["last-event-id"] ?? 0)
    this.streams++
    try {
      await streamRun(this.runs, run, { response, from: Number.isSafeInteger(from) && from > 0 ? from : 0 })
    } finally {
      this.streams--
    }
  }

  /** The rate goes into a file in the folder of the run, which the training looks at after each step. */
  private async setRate(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    admitToChanges(request, this.token)
    if (request.headers["content-type"] !== "application/json") throw new Refusal(415, "a rate comes as JSON")
    const { rate } = ((await readJson(request)) ?? {}) as { rate?: unknown }
    if (typeof rate !== "number" || !Number.isFinite(rate) || rate < 0)
      throw new Refusal(400, 'expected {"rate": a number ≥ 0}')
    const run = loadRun(this.runs.folder(name))
    if (!isByHand(run)) throw new Refusal(409, "the run does not have the schedule graduate-student")
    if (run.status !== "running") throw new Refusal(409, "the run is not running")
    writeFileWhole(join(run.path, RATE_FILE), `${rate}\n`)
    sendJson(response, { rate })
  }
}

function isByHand({ config }: Run): boolean {
  return typeof config.schedule === "string" && /^graduate-student(:|$)/.test(config.schedule)
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" })
  response.end(JSON.stringify(value))
}

/** @throws Refusal as soon as there is more than may come */
async function readJson(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers["content-length"] ?? 0) > LARGEST)
    throw new Refusal(413, "the request is too large")
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > LARGEST) throw new Refusal(413, "the request is too large")
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as unknown
  } catch {
    throw new Refusal(400, "this is no JSON")
  }
}
