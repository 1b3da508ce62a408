import { readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { CACHE_LIMIT, objectFolder } from "./cache.ts"

/** What is kept of compiled kernels on disk. */
export interface CachedObjects {
  readonly folder: string
  readonly files: number
  readonly bytes: number
  /** Bytes above which the files that were used longest ago are removed. */
  readonly limit: number
}

export function cachedObjects(): CachedObjects {
  const folder = objectFolder()
  const sizes = objectFiles(folder).map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  return { folder, files: sizes.length, bytes, limit: CACHE_LIMIT }
}

/** Removes the compiled kernels from the disk, and tells what there was. Processes that use them keep them loaded. */
export function clearCachedObjects(): CachedObjects {
  const before = cachedObjects()
  for (const path of objectFiles(before.folder)) rmSync(path, { force: true })
  return before
}

/** Objects, and what processes left behind that were killed while they wrote one. */
function objectFiles(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names.filter((name) => /\.(so|part)$/.test(name)).map((name) => join(folder, name))
}
