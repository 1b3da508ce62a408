import type { MessagePort } from "node:worker_threads"
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads"
import type { DType, ErrorCode } from "../../base/index.ts"
import { errorPages, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { tensor } from "../../tensor/index.ts"
import { checkCount, checkNames, checkRange } from "../check.ts"
import { EpochLoader } from "../epochs.ts"
import type { BatchRequest, SentTensor, WorkerAnswer, WorkerFailure } from "./program.ts"
import { loaderProgram } from "./program.ts"

/** How a worker makes a loader of its own: functions cannot be sent to it, but the address of a module can. */
export interface LoaderDescription {
  /** Address of a module that a worker can import, such as `new URL("./loader.js", import.meta.url)`. */
  readonly module: string | URL
  /** The exported function that makes the loader, or a promise of it. */
  readonly export: string
  /** Its argument: anything that can be cloned; arrays on a SharedArrayBuffer are shared, not copied. */
  readonly options?: unknown
}

export interface WorkerLoaderOptions {
  /** Threads that prepare batches. Default: 1. */
  readonly workers?: number
  /** Batches that each of them may be ahead. Default: 2. */
  readonly prefetch?: number
  /** Seconds to wait for a batch before that is an error. Default: 300. */
  readonly timeout?: number
}

interface Thread {
  readonly worker: Worker
  readonly port: MessagePort
  readonly signal: Int32Array
}

interface Place {
  readonly epoch: number
  readonly batch: number
}

type Identity = Extract<WorkerAnswer, { kind: "ready" }>

/**
 * A loader whose batches are prepared ahead by threads of their own, while the model trains: reading, decoding, putting
 * together, augmenting. Each thread makes the loader that the description says and computes the batches that it is asked
 * for, batch k by thread k mod n, so that there are the same bits as without threads; never more than `prefetch` of them
 * wait in each thread. Order, epochs, `state()` and `load(state)` are those of the loader. `close()` ends the threads;
 * they keep no program alive.
 *
 * @throws NABLA_DATA_WORKER when the module cannot be loaded or makes no loader; later what the loader throws, with its
 * code and place, and NABLA_DATA_WORKER for errors without a code, for a worker that ended, and after the timeout
 *
 * @example
 * const loader = await workerLoader({ module: new URL("./loader.js", import.meta.url), export: "makeLoader" }, { workers: 2 })
 * for (const [x, y] of loader) step(x, y)
 * await loader.close()
 */
export async function workerLoader<Batch = [Tensor, Tensor]>(
  description: LoaderDescription,
  options: WorkerLoaderOptions = {},
): Promise<WorkerLoader<Batch>> {
  checkNames("workerLoader", description, ["module", "export", "options"])
  checkNames("workerLoader", options, ["workers", "prefetch", "timeout"])
  const { workers = 1, prefetch = 2, timeout = 300 } = options
  checkCount("workerLoader", "workers", workers)
  checkCount("workerLoader", "prefetch", prefetch)
  checkRange("workerLoader", "timeout", timeout, 0.001)
  const threads = Array.from({ length: workers }, () => startThread(description))
  const inbox = new Inbox(threads, String(description.module), 1000 * timeout)
  try {
    const identities = threads.map((_, i) => inbox.receive(i, -1) as Identity)
    return new WorkerLoader<Batch>(inbox, identities[0]!, prefetch, String(description.module))
  } catch (error) {
    await inbox.close()
    throw error
  }
}

function startThread(description: LoaderDescription): Thread {
  const signal = new Int32Array(new SharedArrayBuffer(8))
  const { port1: port, port2 } = new MessageChannel()
  const { module, export: name, options } = description
  const start = { module: String(module), export: name, options, signal }
  // Its kernels run on that thread alone: those of the training need the others.
  const env = { ...process.env, NABLA_THREADS: "1" }
  const worker = new Worker(loaderProgram(), {
    eval: true,
    workerData: { start, port: port2 },
    transferList: [port2],
    env,
    execArgv: [],
  })
  // What it dies of is told where its batch is missing.
  worker.on("error", () => {})
  worker.unref()
  port.unref()
  return { worker, port, signal }
}

/** Messages from threads, taken without a turn of the event loop, which a training seldom gives. */
class Inbox {
  readonly threads: readonly Thread[]
  private readonly module: string
  private readonly patience: number
  closed = false

  constructor(threads: readonly Thread[], module: string, patience: number) {
    this.threads = threads
    this.module = module
    this.patience = patience
  }

  /** Waits for what thread i says to request `id`; what belongs to earlier requests is passed over. */
  receive(i: number, id: number): WorkerAnswer {
    const { port, signal } = this.threads[i]!
    const until = performance.now() + this.patience
    for (;;) {
      const seen = Atomics.load(signal, 0)
      const ended = Atomics.load(signal, 1) === 1
      const answer = receiveMessageOnPort(port)?.message as WorkerAnswer | undefined
      if (answer !== undefined) {
        if (answer.kind === "ready" ? id === -1 : answer.id === id || answer.id === -1)
          return this.checked(answer, i)
        continue
      }
      if (ended || this.closed) throw this.silent(i, "it has ended")
      const left = until - performance.now()
      if (left <= 0) throw this.silent(i, `no answer within ${this.patience / 1000} seconds`)
      Atomics.wait(signal, 0, seen, Math.min(left, 100))
    }
  }

  ask(i: number, request: BatchRequest): void {
    this.threads[i]!.port.postMessage(request)
  }

  async close(): Promise<void> {
    this.closed = true
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()))
    for (const { port } of this.threads) port.close()
  }

  private checked(answer: WorkerAnswer, i: number): WorkerAnswer {
    if (answer.kind === "error") throw failure(answer.error, `worker ${i + 1} of ${this.module}`)
    return answer
  }

  private silent(i: number, got: string): NablaError {
    return new NablaError("NABLA_DATA_WORKER", {
      message: "a worker that prepares batches gives none",
      got,
      where: `worker ${i + 1} of ${this.module}`,
    })
  }
}

/** The error of a worker: its own where it has a code of this library, and wrapped otherwise. */
function failure({ code, message, detail, stack }: WorkerFailure, where: string): NablaError {
  const cause = Object.assign(new Error(message), { stack })
  if (code !== null && Object.hasOwn(errorPages, code))
    return new NablaError(code as ErrorCode, { message, ...detail, cause }).within(where)
  return new NablaError("NABLA_DATA_WORKER", {
    message: "a worker that prepares batches failed",
    got: message,
    where,
    cause,
  })
}

/** See {@link workerLoader}, which makes it. */
export class WorkerLoader<Batch = [Tensor, Tensor]> extends EpochLoader<Batch> {
  readonly length: number
  protected readonly identity: { readonly name: string; readonly seed: number; readonly samples: number }
  private readonly inbox: Inbox
  private readonly ahead: number
  /** Batches that were asked for and not taken, in order. */
  private asked: (BatchRequest & { readonly thread: number })[] = []
  private requests = 0

  constructor(inbox: Inbox, { length, seed, samples }: Identity, prefetch: number, name: string) {
    super()
    this.length = length
    this.identity = { name, seed, samples }
    this.inbox = inbox
    this.ahead = prefetch * inbox.threads.length
  }

  /** Ends the threads. There are no batches afterwards. */
  async close(): Promise<void> {
    await this.inbox.close()
  }

  protected *from(epoch: number, first: number): Generator<Batch> {
    for (let batch = first; batch < this.length; batch++) yield this.take({ epoch, batch })
  }

  private take(place: Place): Batch {
    const found = this.asked.findIndex((it) => it.epoch === place.epoch && it.batch === place.batch)
    // Elsewhere than where it was heading: what was asked for is passed over when it comes.
    this.asked = found < 0 ? [] : this.asked.slice(found)
    this.askAhead(place)
    const request = this.asked.shift()!
    try {
      const answer = this.inbox.receive(request.thread, request.id)
      this.askAhead(this.after(place))
      return unpacked((answer as { value: unknown }).value) as Batch
    } catch (error) {
      this.asked = []
      if (!(error instanceof NablaError)) throw error
      throw error.within(`epoch ${place.epoch}, batch ${place.batch}`)
    }
  }

  /** Asks for batches from `place` on, also those of the next epoch, until enough are on their way. */
  private askAhead(place: Place): void {
    const last = this.asked.at(-1)
    let next = last === undefined ? place : this.after(last)
    while (this.asked.length < this.ahead) {
      const request = { id: this.requests++, ...next }
      const thread = next.batch % this.inbox.threads.length
      this.inbox.ask(thread, request)
      this.asked.push({ ...request, thread })
      next = this.after(next)
    }
  }

  private after({ epoch, batch }: Place): Place {
    return batch + 1 < this.length ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 }
  }
}

function unpacked(value: unknown): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value
  if ("isTensor" in value) {
    const { data, shape, dtype } = value as SentTensor
    return tensor(data as Float32Array, { shape: [...shape], dtype: dtype as DType })
  }
  if (Array.isArray(value)) return value.map(unpacked)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unpacked(part)]))
}
