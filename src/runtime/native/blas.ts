import { existsSync } from "node:fs"
import { dirname } from "node:path"

/** A library with CBLAS's functions, as the linker is told of it. */
export interface BlasLibrary {
  readonly description: string
  readonly linkFlags: readonly string[]
}

const linked = (path: string): BlasLibrary => ({
  description: path,
  linkFlags: [path, `-Wl,-rpath,${dirname(path)}`],
})

/**
 * The library that products are left to: the one at NABLA_BLAS, or the system's own on a Mac, which alone reaches that
 * machine's matrix unit. Elsewhere the kernels' own tiles are as fast as a library, and what surrounds a product goes
 * into them.
 */
export function findBlas(): BlasLibrary | null {
  const chosen = process.env.NABLA_BLAS
  if (chosen !== undefined && chosen !== "") return existsSync(chosen) ? linked(chosen) : null
  if (process.platform !== "darwin") return null
  return { description: "Accelerate", linkFlags: ["-framework", "Accelerate"] }
}
