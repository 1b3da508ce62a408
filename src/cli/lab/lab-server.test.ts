import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import type { Server } from "node:http"
import { request as httpRequest } from "node:http"
import type { AddressInfo } from "node:net"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { ResumedRun } from "../../train/node.ts"
import { resumeRun } from "../../train/node.ts"
import { labServer } from "./lab-server.ts"

const folder = mkdtempSync(join(tmpdir(), "nabla-lab-"))
const [pages, runs, token] = [join(folder, "pages"), join(folder, "runs"), "the-token"]
let [server, port, live] = [undefined as unknown as Server, 0, undefined as unknown as ResumedRun["folder"]]

const step = (n: number): string =>
  `${JSON.stringify({ kind: "step", step: n, epoch: 1, samples: 4, seconds: n, loss: 1 / n })}\n`

beforeAll(async () => {
  mkdirSync(pages)
  writeFileSync(join(pages, "index.html"), "<title>Lab</title>")
  const old = join(runs, "old")
  mkdirSync(old, { recursive: true })
  writeFileSync(join(old, "config.json"), '{"recipe":"mlp","schedule":"constant"}')
  writeFileSync(join(old, "summary.json"), '{"status":"completed"}')
  writeFileSync(join(old, "metrics.jsonl"), step(1) + step(2))
  writeFileSync(join(old, "model.safetensors"), "weights")
  writeFileSync(
    join(old, "landscape.svg"),
    "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
  )
  // What must stay out of reach.
  writeFileSync(join(folder, "secret.json"), '{"secret":true}')
  mkdirSync(join(folder, "elsewhere"))
  writeFileSync(join(folder, "elsewhere/config.json"), '{"secret":true}')
  symlinkSync(join(folder, "elsewhere"), join(runs, "linked"))
  symlinkSync(join(folder, "secret.json"), join(old, "link.json"))
  symlinkSync(join(folder, "elsewhere"), join(old, "inner"))
  mkdirSync(join(runs, "sly"))
  symlinkSync(join(folder, "secret.json"), join(runs, "sly/config.json"))
  mkdirSync(join(runs, "damaged"))
  writeFileSync(join(runs, "damaged/config.json"), "{")
  mkdirSync(join(runs, "live"))
  writeFileSync(join(runs, "live/config.json"), '{"schedule":"graduate-student"}')
  live = (await resumeRun(join(runs, "live"))).folder
  writeFileSync(join(live.path, "metrics.jsonl"), step(1))
  server = labServer({ pages, runs, token })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  port = (server.address() as AddressInfo).port
})

afterAll(async () => {
  live.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly text: string
}

/** Sends a path as it is: `fetch` would tidy it up. */
function ask(path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
      let text = ""
      answer.setEncoding("utf8").on("data", (part: string) => (text += part))
      answer.on("end", () => resolve({ status: answer.statusCode!, headers: answer.headers, text }))
    })
    sent.on("error", reject).end(body)
  })
}

const setRate = (run: string, { headers = {}, body = '{"rate":0.5}' }: Asked = {}): Promise<Answer> =>
  ask(`/api/runs/${run}/rate`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    body,
  })

describe("the Lab's server", () => {
  test("serves the pages isolated, so that they may have threads", async () => {
    const { status, headers, text } = await ask("/")
    expect([status, text]).toEqual([200, "<title>Lab</title>"])
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin")
    expect(headers["cross-origin-embedder-policy"]).toBe("require-corp")
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin")
  })

  test("lists runs, a damaged one too, and reads their files", async () => {
    const { text, headers } = await ask("/api/runs")
    const listed = (JSON.parse(text) as { runs: { name: string; status: string; steps: number }[] }).runs
    expect(listed.map(({ name, status, steps }) => [name, status, steps])).toEqual(
      expect.arrayContaining([
        ["old", "completed", 2],
        ["live", "running", 1],
        ["damaged", "damaged", 0],
      ]),
    )
    expect(headers["cache-control"]).toBe("no-store")
    expect(JSON.parse((await ask("/api/runs/old")).text)).toMatchObject({ config: { recipe: "mlp" } })
    expect((await ask("/api/runs/old/files/metrics.jsonl")).text).toBe(step(1) + step(2))
  })

  test("lets no script run in a picture of a run", async () => {
    const { headers } = await ask("/api/runs/old/files/landscape.svg")
    expect(headers["content-security-policy"]).toContain("sandbox; default-src 'none'")
    expect(headers["x-content-type-options"]).toBe("nosniff")
  })

  test("follows a run that is being written, and goes on where a stream broke", async () => {
    const events = await follow({}, (text) => {
      if (text.includes('"running"') && !text.includes("0.5"))
        appendFileSync(join(live.path, "metrics.jsonl"), step(2))
      return text.includes("0.5")
    })
    expect(events).toContain('event: status\ndata: {"status":"running"}')
    expect(events.match(/event: metrics/g)!.length).toBeGreaterThanOrEqual(2)
    const again = await follow({ "last-event-id": String(step(1).length) }, (text) =>
      text.includes("event: metrics"),
    )
    expect(again).toContain('\\"step\\":2')
    expect(again).not.toContain('\\"step\\":1,')
    // More than there is: the log was cut back.
    expect(await follow({ "last-event-id": "100000" }, (text) => text.includes("metrics"))).toContain(
      "event: reset",
    )
  })

  test("ends the stream of a run that has ended", async () => {
    expect((await ask("/api/runs/old/events")).text).toContain('event: end\ndata: {"status":"completed"}')
  })

  test("sets the rate of a run that listens", async () => {
    expect((await setRate("live")).status).toBe(200)
    expect(readFileSync(join(live.path, "rate.txt"), "utf8")).toBe("0.5\n")
    expect((await setRate("old")).status).toBe(409)
  })
})

describe("the Lab's server refuses", () => {
  test.each(["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example"])(
    "Host %s",
    async (host) => {
      for (const path of ["/", "/api/runs", "/api/runs/old/events"])
        expect((await ask(path, { headers: { host } })).status).toBe(403)
    },
  )

  test.each(["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost"])(
    "Origin %s",
    async (origin) => {
      expect((await ask("/api/runs", { headers: { origin } })).status).toBe(403)
      expect((await setRate("live", { headers: { origin } })).status).toBe(403)
    },
  )

  test("what another site asks for without an Origin", async () => {
    for (const site of ["cross-site", "same-site"])
      expect((await ask("/api/runs/old", { headers: { "sec-fetch-site": site } })).status).toBe(403)
    expect((await ask("/api/runs/old", { headers: { "sec-fetch-site": "same-origin" } })).status).toBe(200)
  })

  test.each([
    "/../secret.json",
    "/%2e%2e/secret.json",
    "/..%2fsecret.json",
    "/%252e%252e/secret.json",
    "/..\\secret.json",
    "//etc/passwd",
    "/api/runs/../secret.json",
    "/api/runs/%2e%2e",
    "/api/runs/..%2felsewhere",
    "/api/runs/old%2f..%2f..%2felsewhere",
    "/api/runs/old/files/../../../secret.json",
    "/api/runs/old/files/%2e%2e/%2e%2e/secret.json",
    "/api/runs/old/files/..%2f..%2fsecret.json",
    "/api/runs/old/files/%252e%252e/secret.json",
    "/api/runs/old/files/..%5c..%5csecret.json",
    "/api/runs/old/files//etc/hostname.json",
    "/api/runs/old/files/secret.json%00.svg",
    "/api/runs/old/files/",
    "/api/runs/old/files",
    "/api/runs/%00",
    "/api/runs/.hidden",
    "/api/runs/old/files/model.safetensors",
  ])("the way out %s", async (path) => {
    const { status, text } = await ask(path)
    expect([400, 403, 404]).toContain(status)
    expect(text).not.toContain('secret":true')
  })

  test("addresses that are not well encoded", async () => {
    expect((await ask("/api/runs/%ff")).status).toBe(400)
    expect((await ask("/%")).status).toBe(400)
  })

  test("symbolic links: of a run, of its config, of a file, of a folder in it", async () => {
    const { text } = await ask("/api/runs")
    expect(text).not.toMatch(/linked|sly|secret/)
    for (const path of [
      "linked",
      "sly",
      "linked/events",
      "linked/files/config.json",
      "sly/files/config.json",
    ])
      expect((await ask(`/api/runs/${path}`)).status).toBe(404)
    expect((await ask("/api/runs/old/files/link.json")).status).toBe(404)
    expect((await ask("/api/runs/old/files/inner/config.json")).status).toBe(404)
  })

  test("what is too large", async () => {
    expect((await ask(`/api/runs/${"x".repeat(4000)}`)).status).toBe(414)
    expect((await ask("/", { headers: { "x-large": "x".repeat(40_000) } })).status).toBe(431)
    const body = JSON.stringify({ rate: 0.1, more: "x".repeat(5000) })
    expect((await setRate("live", { body })).status).toBe(413)
    // Without a length that is said beforehand.
    expect((await setRate("live", { headers: { "transfer-encoding": "chunked" }, body })).status).toBe(413)
  })

  test("changes without the token, or with a wrong one", async () => {
    const before = readFileSync(join(live.path, "rate.txt"), "utf8")
    const body = '{"rate":99}'
    for (const authorization of ["", "Bearer", "Bearer wrong", `Basic ${token}`])
      expect([401, 403]).toContain((await setRate("live", { headers: { authorization }, body })).status)
    const json = { "content-type": "application/json" }
    expect(
      (await ask(`/api/runs/live/rate?token=${token}`, { method: "PUT", headers: json, body })).status,
    ).toBe(401)
    expect(readFileSync(join(live.path, "rate.txt"), "utf8")).toBe(before)
  })

  test("what is no rate, and other ways of asking", async () => {
    for (const body of ["", "{", "[]", "null", '{"rate":-1}', '{"rate":"1"}', '{"rate":1e999}'])
      expect((await setRate("live", { body })).status).toBe(400)
    expect((await setRate("live", { headers: { "content-type": "text/plain" } })).status).toBe(415)
    expect((await setRate("none")).status).toBe(404)
    for (const method of ["POST", "DELETE", "PATCH"])
      expect((await ask("/api/runs", { method })).status).toBe(405)
    expect((await ask("/index.html", { method: "POST" })).status).toBe(405)
  })

  test("to wait for ever for a request", () => {
    expect(server.headersTimeout).toBeLessThanOrEqual(5000)
    expect(server.requestTimeout).toBeLessThanOrEqual(10_000)
  })

  test("what is no HTTP", async () => {
    const socket = connect(port, "127.0.0.1")
    socket.end("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    let text = ""
    for await (const part of socket) text += String(part)
    expect(text).toMatch(/^HTTP\/1.1 40[03]/)
  })
})

/** The events of the live run, until enough have come. */
function follow(headers: Record<string, string>, enough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ""
    const sent = httpRequest(
      { host: "127.0.0.1", port, path: "/api/runs/live/events", headers, agent: false },
      (answer) =>
        answer.setEncoding("utf8").on("data", (part: string) => {
          text += part
          if (enough(text)) {
            resolve(text)
            sent.destroy()
          }
        }),
    )
    sent.on("error", reject).end()
  })
}
