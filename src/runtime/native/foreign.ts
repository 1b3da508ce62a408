import { createRequire } from "node:module"
import { NablaError } from "../../base/index.ts"

/** What this runtime uses of koffi, an optional dependency. */
interface Koffi {
  load(path: string): { func(prototype: string): (...args: unknown[]) => unknown }
  address(memory: ArrayBuffer | ArrayBufferView): bigint
}

let loaded: Koffi | null | undefined

/** koffi, or null where it is not installed or has no binary for this machine. */
function koffi(): Koffi | null {
  if (loaded === undefined) {
    try {
      loaded = createRequire(import.meta.url)("koffi") as Koffi
    } catch {
      loaded = null
    }
  }
  return loaded
}

export function foreignCalls(): Koffi {
  const library = koffi()
  if (library !== null) return library
  throw new NablaError("NABLA_DEVICE_UNAVAILABLE", {
    message: "the native device calls compiled code through the package koffi, which cannot be loaded",
    where: "native device",
    hint: "install it with `npm install koffi`, or use the wasm device",
  })
}

/** The address of memory that does not move: the store of an ArrayBuffer that was made as one, or WebAssembly's. */
export function addressOf(memory: ArrayBufferLike): number {
  return Number(foreignCalls().address(new Uint8Array(memory)))
}
