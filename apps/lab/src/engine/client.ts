import type { FromWorker, Problem, ToWorker } from "./protocol.ts"
import { PROTOCOL } from "./protocol.ts"

export interface SessionHandlers<View> {
  view(view: View): void
  done?(): void
  failed?(problem: Problem): void
}

export interface SessionHandle<Command = unknown> {
  send(command: Command): void
  stop(): void
}

export interface EngineState {
  readonly device: string
  readonly limits: readonly string[]
}

/** Milliseconds without an answer after which the Worker counts as hung. */
const PATIENCE = 15_000
/** Milliseconds between two questions whether a Worker with work to do still answers. */
const PULSE = 3000

/** The page's end of the Worker. It starts the Worker when it is first needed, and again when it has died. */
export class Engine {
  private worker: Worker | null = null
  private last = 0
  private readonly sessions = new Map<number, SessionHandlers<unknown>>()
  private watch: ReturnType<typeof setTimeout> | null = null
  private pulse: ReturnType<typeof setTimeout> | null = null
  /** Told when the Worker says what it runs on. */
  onReady: ((state: EngineState) => void) | null = null

  run<Values, View, Command = unknown>(
    program: string,
    values: Values,
    handlers: SessionHandlers<View>,
  ): SessionHandle<Command> {
    const session = ++this.last
    this.sessions.set(session, handlers as SessionHandlers<unknown>)
    this.post({ kind: "run", session, program, values: structuredClone(values) })
    return {
      send: (command) => this.post({ kind: "command", session, command }),
      stop: () => {
        if (this.sessions.delete(session)) this.post({ kind: "stop", session })
      },
    }
  }

  /** Ends the Worker, whatever it is at: the way out of a script that never ends. */
  restart(problem: Problem): void {
    this.worker?.terminate()
    this.worker = null
    if (this.watch !== null) clearTimeout(this.watch)
    this.watch = null
    const lost = [...this.sessions.values()]
    this.sessions.clear()
    for (const handlers of lost) handlers.failed?.(problem)
  }

  private post(message: ToWorker): void {
    this.worker ??= this.start()
    this.worker.postMessage(message)
    this.expectAnswer()
  }

  private start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: "nabla engine",
    })
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.receive(data)
    worker.onerror = (event) => {
      event.preventDefault()
      this.restart({
        message: `the engine's Worker stopped: ${event.message || "it could not be loaded"}`,
        hint: "press Run again: a new Worker starts from the last good state",
      })
    }
    return worker
  }

  /** A Worker that computes answers late; one that loops for ever never does. */
  private expectAnswer(): void {
    if (this.watch !== null) return
    this.worker?.postMessage({ kind: "ping" } satisfies ToWorker)
    this.watch = setTimeout(() => {
      // A page in the background is given no time, and gives none.
      if (document.hidden) {
        this.watch = null
        return
      }
      this.restart({
        message: `the engine has not answered for ${PATIENCE / 1000} s`,
        hint: "something in it runs without end; a new Worker starts from the last good state",
      })
    }, PATIENCE)
  }

  /** A program may begin to run without end long after the last message. */
  private askAgain(): void {
    this.pulse ??= setTimeout(() => {
      this.pulse = null
      if (this.worker !== null && this.sessions.size > 0) this.expectAnswer()
    }, PULSE)
  }

  private receive(message: FromWorker): void {
    if (this.watch !== null) clearTimeout(this.watch)
    this.watch = null
    this.askAgain()
    if (message.kind === "pong") return
    if (message.kind === "ready") {
      if (message.protocol !== PROTOCOL) {
        return this.restart({
          message: "page and Worker come from different builds of the Lab",
          hint: "reload the page",
        })
      }
      this.onReady?.({ device: message.device, limits: message.limits })
      return
    }
    const { session } = message
    const handlers = this.sessions.get(session)
    if (handlers === undefined) return
    if (message.kind === "view") {
      handlers.view(message.view)
      // No answer is asked for: this comes at each frame, and the next view is the answer.
      requestAnimationFrame(() => this.worker?.postMessage({ kind: "drawn", session } satisfies ToWorker))
      return
    }
    this.sessions.delete(session)
    if (message.kind === "done") handlers.done?.()
    else handlers.failed?.(message.problem)
  }
}

export const engine = new Engine()
