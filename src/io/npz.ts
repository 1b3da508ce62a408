import { NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { decodeNpy, encodeNpy } from "./npy.ts"
import type { NamedTensors } from "./safetensors.ts"
import { unzip, zip, zipEntries } from "./zip.ts"

export interface NpzOptions {
  /** Deflates the arrays, as NumPy's savez_compressed. Default: false. */
  readonly compress?: boolean
}

/**
 * Writes tensors as NumPy's `.npz`: a zip archive with a `.npy` file for each.
 *
 * Equal tensors make equal bytes. `numpy.load` opens it.
 *
 * @example const bytes = await encodeNpz({ w: tensor([1, 2]) }, { compress: true })
 */
export async function encodeNpz(tensors: NamedTensors, options: NpzOptions = {}): Promise<Uint8Array> {
  const files = new Map<string, Uint8Array>()
  for (const [name, t] of Object.entries(tensors)) files.set(`${name}.npy`, await encodeNpy(t))
  return zip(files, options.compress ?? false)
}

/**
 * Reads NumPy's `.npz`; types as decodeNpy. Checksums are verified, and no array is larger than it can be.
 *
 * @param where the file, for errors
 * @throws NABLA_FILE_FORMAT when the archive or an array in it is damaged, or of another kind
 */
export async function decodeNpz(bytes: Uint8Array, where = "the file"): Promise<Record<string, Tensor>> {
  const tensors: Record<string, Tensor> = {}
  for (const entry of zipEntries(bytes, where)) {
    if (!entry.name.endsWith(".npy")) {
      throw new NablaError("NABLA_FILE_FORMAT", {
        message: "the archive holds something else than arrays (npz)",
        expected: "names that end in .npy",
        got: entry.name.slice(0, 80),
        where,
      })
    }
    const name = entry.name.slice(0, -4)
    const value = decodeNpy(await unzip(entry, where), `${where}: ${name.slice(0, 80)}`)
    // A name like __proto__ is a name as any other.
    Object.defineProperty(tensors, name, { value, enumerable: true, writable: true, configurable: true })
  }
  return tensors
}
