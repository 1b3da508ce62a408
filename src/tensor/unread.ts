import { NablaError } from "../base/index.ts"
import { realize } from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import { takeUnread } from "./tensor.ts"

/**
 * Computes nodes, and with them, in the same plan, the results that somebody may still read and that depend on what is
 * about to change. What depends on a value that is gone already stays as it is: whoever reads it is told.
 */
export function realizeWithUnread(nodes: readonly Node[] = []): void {
  const unread = takeUnread()
  try {
    realize([...nodes, ...unread])
  } catch (error) {
    if (!isStale(error)) throw error
    realize(nodes)
    for (const node of unread) {
      try {
        realize([node])
      } catch (stale) {
        if (!isStale(stale)) throw stale
      }
    }
  }
}

const isStale = (error: unknown): boolean => error instanceof NablaError && error.code === "NABLA_STALE_VALUE"
