import type { WorkerStart } from "./worker.ts"
import { workerText } from "./worker.ts"

export interface WorkerHandle {
  terminate(): void
}

/** How a machine starts workers. */
export interface WorkerHost {
  /** Threads to use when nobody says how many: as many as the machine runs at once. */
  readonly cores: number
  /**
   * Starts a worker on {@link WorkerStart}. `ended` is told when it ends or could not start, and why.
   *
   * @throws whatever the machine throws when it has no workers
   */
  start(start: WorkerStart, ended: (reason: string) => void): WorkerHandle
}

/** The workers of browsers (and of what is like them), or null where there are none. */
export function webWorkers(): WorkerHost | null {
  if (typeof Worker !== "function" || typeof Blob !== "function" || typeof navigator !== "object") return null
  return { cores: navigator.hardwareConcurrency || 1, start: startWebWorker }
}

function startWebWorker(start: WorkerStart, ended: (reason: string) => void): WorkerHandle {
  const text = `onmessage = (event) => {\n${workerText("event.data")}\n}`
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }))
  const worker = new Worker(address, { name: `nabla ${start.id}` })
  worker.onerror = (event) => {
    event.preventDefault?.()
    ended(event.message || "the worker could not be loaded")
  }
  worker.postMessage(start)
  // The address may go only when the worker has read it, which nothing tells: it is a page's few bytes.
  return worker
}
