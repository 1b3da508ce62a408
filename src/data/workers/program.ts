/** What a worker of a loader is given to begin with. */
export interface WorkerStart {
  /** Address of the module that makes the loader, the name of the function in it, and its argument. */
  readonly module: string
  readonly export: string
  readonly options: unknown
  /** Word 0 counts answers; word 1 becomes 1 when the worker has ended. */
  readonly signal: Int32Array
}

/** A batch that is asked for. */
export interface BatchRequest {
  readonly id: number
  readonly epoch: number
  readonly batch: number
}

/** What a worker says: what its loader is, a batch, or why there is none. */
export type WorkerAnswer =
  | { readonly kind: "ready"; readonly length: number; readonly seed: number; readonly samples: number }
  | { readonly kind: "batch"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: WorkerFailure }

export interface WorkerFailure {
  readonly code: string | null
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>> | null
  readonly stack: string
}

/** A tensor on its way between threads. */
export interface SentTensor {
  readonly isTensor: true
  readonly data: ArrayBufferView
  readonly shape: readonly number[]
  readonly dtype: string
}

interface LoaderLike extends Iterable<unknown> {
  readonly length: number
  state(): { seed: number; samples: number }
  load(state: { epoch: number; batch: number; seed: number; samples: number }): void
}

interface Port {
  postMessage(message: unknown, transfer: readonly unknown[]): void
  on(event: "message", listener: (request: BatchRequest) => void): void
}

interface TensorLike {
  readonly shape: readonly number[]
  readonly dtype: string
  data(): Promise<{ slice(): ArrayBufferView }>
}

/**
 * What a worker does: it imports the user's module, makes the loader, and gives the batches that it is asked for. The
 * text of this function is the worker's whole program, so that it needs no file of its own and the user's module brings
 * the only copy of the library. Its parts are methods, see the note at workerMain of the wasm runtime.
 */
export function loaderMain(start: WorkerStart, port: Port, load: (module: string) => Promise<object>): void {
  let loader: LoaderLike | null = null
  let batches: Iterator<unknown> | null = null
  let next = ""
  let seed = 0
  let samples = 0

  const worker = {
    say(answer: unknown, transfer: unknown[]): void {
      port.postMessage(answer, transfer)
      Atomics.add(start.signal, 0, 1)
      Atomics.notify(start.signal, 0)
    },

    fail(id: number, thrown: unknown): void {
      const error = thrown as Partial<Error> & { code?: unknown; detail?: Record<string, unknown> }
      const detail: Record<string, unknown> = {}
      const given = error?.detail ?? {}
      for (const name of Object.keys(given)) if (typeof given[name] === "string") detail[name] = given[name]
      const code = typeof error?.code === "string" ? error.code : null
      const message = String(error?.message ?? thrown)
      worker.say(
        { kind: "error", id, error: { code, message, detail, stack: String(error?.stack ?? "") } },
        [],
      )
    },

    async begin(): Promise<void> {
      const module = (await load(start.module)) as Record<string, unknown>
      const make = module[start.export]
      if (typeof make !== "function") throw new Error(`the module exports no function ${start.export}`)
      const made = (await make(start.options)) as LoaderLike
      if (typeof made?.load !== "function") throw new Error(`${start.export} gives no loader`)
      loader = made
      const state = made.state()
      seed = state.seed
      samples = state.samples
      worker.say({ kind: "ready", length: made.length, seed, samples }, [])
    },

    async batch(epoch: number, batch: number): Promise<unknown> {
      if (batches === null || next !== `${epoch} ${batch}`) {
        batches?.return?.()
        loader!.load({ epoch, batch, seed, samples })
        batches = loader![Symbol.iterator]()
      }
      next = ""
      const taken = batches.next()
      if (taken.done) throw new Error(`epoch ${epoch} has no batch ${batch}`)
      const value = await taken.value
      next = `${epoch} ${batch + 1}`
      return value
    },

    /** Tensors become arrays, wherever they stand in a batch. */
    async packed(value: unknown, transfer: unknown[]): Promise<unknown> {
      if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value
      const tensor = value as TensorLike
      if (typeof tensor.data === "function" && typeof tensor.dtype === "string") {
        const read = await tensor.data()
        const data = read.slice()
        transfer.push(data.buffer)
        return { isTensor: true, data, shape: tensor.shape.slice(), dtype: tensor.dtype }
      }
      const result: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {}
      for (const key of Object.keys(value)) {
        const part = (value as Record<string, unknown>)[key]
        ;(result as Record<string, unknown>)[key] = await worker.packed(part, transfer)
      }
      return result
    },

    async answer(request: BatchRequest): Promise<void> {
      try {
        const transfer: unknown[] = []
        const value = await worker.packed(await worker.batch(request.epoch, request.batch), transfer)
        worker.say({ kind: "batch", id: request.id, value }, transfer)
      } catch (error) {
        worker.fail(request.id, error)
      }
    },
  }

  // One after the other, in the order in which they were asked for.
  let turn: Promise<void> = worker.begin().catch((error: unknown) => worker.fail(-1, error))
  port.on("message", (request) => {
    turn = turn.then(() => (loader === null ? undefined : worker.answer(request)))
  })
}

/** The program of a worker thread of Node. */
export function loaderProgram(): string {
  return `
const { workerData } = require("node:worker_threads")
process.on("exit", () => { Atomics.store(workerData.start.signal, 1, 1); Atomics.notify(workerData.start.signal, 0) })
;(${loaderMain.toString()})(workerData.start, workerData.port, (address) => import(address))`
}
