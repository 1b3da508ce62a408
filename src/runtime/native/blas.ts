import { existsSync } from "node:fs"
import { dirname, join } from "node:path"

/** A library with CBLAS's functions, as the linker is told of it. */
export interface BlasLibrary {
  readonly description: string
  readonly linkFlags: readonly string[]
}

const NAMES = ["libopenblas.so.0", "libopenblas.so", "libmkl_rt.so.2", "libmkl_rt.so"]
const TRIPLETS: Partial<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }

function folders(): string[] {
  const triplet = TRIPLETS[process.arch]
  return [
    ...(process.env.LD_LIBRARY_PATH ?? "").split(":").filter(Boolean),
    ...(triplet === undefined ? [] : [`/usr/lib/${triplet}`]),
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
  ]
}

const linked = (path: string): BlasLibrary => ({
  description: path,
  linkFlags: [path, `-Wl,-rpath,${dirname(path)}`],
})

/** The library that this machine has: the one that NABLA_BLAS names (a path, or `none`), or one in the usual places. */
export function findBlas(): BlasLibrary | null {
  const chosen = process.env.NABLA_BLAS
  if (chosen !== undefined && chosen !== "") return existsSync(chosen) ? linked(chosen) : null
  if (process.platform === "darwin") {
    return { description: "Accelerate", linkFlags: ["-framework", "Accelerate"] }
  }
  for (const folder of folders()) {
    for (const name of NAMES) if (existsSync(join(folder, name))) return linked(join(folder, name))
  }
  return null
}
