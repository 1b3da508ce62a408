import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import sirv from "sirv"
import { admit } from "./admission.ts"
import { Refusal } from "./refusal.ts"
import { RunApi } from "./run-api.ts"

/** Of a request's address, in characters. */
const LONGEST = 2048

/** Threads of a page share memory only in a page that is isolated; nothing of this server is for other pages. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Content-Security-Policy": "frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
}

export interface LabServerOptions {
  /** The folder of the built Lab. */
  readonly pages: string
  /** The folder of runs; it may come later. */
  readonly runs: string
  /** What a request must carry that changes a run. */
  readonly token: string
}

/** Serves the Lab and the runs of a folder to this machine alone: it is to listen on a loopback address. */
export function labServer({ pages, runs, token }: LabServerOptions): Server {
  // The files are looked up once, so that no address can lead out of the folder.
  // Asked for again each time, a newer build is seen at once.
  const files = sirv(pages, { etag: true, maxAge: 0, dotfiles: false })
  const api = new RunApi(runs, token)
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 5_000 })
  server.maxConnections = 128
  server.on("request", (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    answer(request, response).catch((error: unknown) => refuse(request, response, error))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    admit(request, (server.address() as AddressInfo).port)
    const path = pathOf(request)
    if (path[0] === "api") return api.answer(request, response, path.slice(1))
    if (request.method !== "GET" && request.method !== "HEAD") throw new Refusal(405, "only GET")
    files(request, response, () => refuse(request, response, new Refusal(404, "there is nothing here")))
  }
  return server
}

/** The names of an address, decoded once: what is encoded twice stays a name that no file has. */
function pathOf({ url = "" }: IncomingMessage): string[] {
  if (url.length > LONGEST) throw new Refusal(414, "the address is too long")
  try {
    return url.split("?", 1)[0]!.split("/").slice(1).map(decodeURIComponent)
  } catch {
    throw new Refusal(400, "the address is not encoded as addresses are")
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // What is under way cannot be taken back.
  if (response.headersSent) return void response.destroy()
  const [status, message] =
    error instanceof Refusal ? [error.status, error.message] : [500, "this went wrong"]
  if (!(error instanceof Refusal)) process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  // The rest of a request that is too large is not waited for.
  if (!request.complete) response.setHeader("Connection", "close")
  response.writeHead(status, { "Content-Type": "application/json" })
  response.end(JSON.stringify({ error: message }), () => request.complete || request.destroy())
}
