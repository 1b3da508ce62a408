// The front door of the wasm runtime for programs on Node: workers are threads of worker_threads there.
import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import { workerText } from "./worker.ts"
import type { WorkerHost } from "./workers.ts"

export function nodeWorkers(): WorkerHost {
  return {
    cores: threadCount(),
    start: (start, ended) => {
      const text = workerText(`require("node:worker_threads").workerData`)
      // Without the flags of this process: a loader of TypeScript, say, would only cost time.
      const worker = new Worker(text, { eval: true, workerData: start, execArgv: [], env: {} })
      worker.on("error", (error) => ended(String(error)))
      worker.on("exit", (code) => ended(`it ended with code ${code}`))
      // Threads that wait for work keep no program alive.
      worker.unref()
      return { terminate: () => void worker.terminate() }
    },
  }
}

/** What NABLA_THREADS says, otherwise what the machine runs at once. */
function threadCount(): number {
  const given = Number(process.env.NABLA_THREADS)
  return Number.isInteger(given) && given > 0 ? given : availableParallelism()
}
