import { deviceInfo } from "nabla"
import { programs } from "./programs.ts"
import type { FromWorker, Program, Session, ToWorker } from "./protocol.ts"
import { PROTOCOL, problemOf } from "./protocol.ts"

/** The Worker owns the engine: sessions run here, one after the other's turn, and the page draws what they yield. */

interface Running {
  readonly control: AbortController
  readonly inbox: unknown[]
  wake: (() => void) | null
  /** Called when the page has drawn the last view. */
  drawn: (() => void) | null
}

const running = new Map<number, Running>()

const post = (message: FromWorker): void => postMessage(message)

/** Lets messages in: a task of its own, without the four milliseconds that timers wait. */
const channel = new MessageChannel()
const turns: (() => void)[] = []
channel.port1.onmessage = () => turns.shift()?.()
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    turns.push(resolve)
    channel.port2.postMessage(null)
  })

async function run(id: number, name: string, values: unknown): Promise<void> {
  const own: Running = { control: new AbortController(), inbox: [], wake: null, drawn: null }
  running.set(id, own)
  const { signal } = own.control
  const session: Session = {
    signal,
    show: (view) => post({ kind: "view", session: id, view }),
    commands: () => own.inbox.splice(0),
    idle: () =>
      own.inbox.length > 0 || signal.aborted
        ? Promise.resolve()
        : new Promise((resolve) => {
            own.wake = resolve
          }),
  }
  try {
    const load = programs[name]
    if (load === undefined) throw new Error(`there is no program ${name}`)
    const program: Program<unknown, unknown> = await load()
    let drawn = Promise.resolve()
    for await (const view of program(values, session)) {
      // The page draws one view while the next one is computed. In the background it draws nothing, and the engine rests.
      await drawn
      if (signal.aborted) break
      drawn = new Promise<void>((resolve) => {
        own.drawn = resolve
      })
      post({ kind: "view", session: id, view })
      await turn()
      if (signal.aborted) break
    }
    if (!signal.aborted) post({ kind: "done", session: id })
  } catch (error) {
    if (!signal.aborted) post({ kind: "failed", session: id, problem: problemOf(error) })
  } finally {
    running.delete(id)
  }
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "ping") return post({ kind: "pong" })
  if (data.kind === "run") return void run(data.session, data.program, data.values)
  const session = running.get(data.session)
  if (session === undefined) return
  if (data.kind === "drawn") session.drawn?.()
  else if (data.kind === "command") {
    session.inbox.push(data.command)
    session.wake?.()
  } else {
    session.control.abort()
    session.drawn?.()
    session.wake?.()
  }
})

const { description, limits } = deviceInfo()
post({ kind: "ready", protocol: PROTOCOL, device: description, limits })
