import { readFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { SafetensorsReader } from "./safetensors-reader.ts"

/** Tensors in one or several safetensors files, read one by one when they are asked for. */
export class SafetensorsArchive {
  /** The file of each tensor, by name. */
  private readonly files: ReadonlyMap<string, string>
  private readonly opened: Map<string, Promise<SafetensorsReader>>
  /** The path that it was opened by. */
  readonly path: string
  /** The strings of `__metadata__`, where there is one file. */
  readonly metadata: Readonly<Record<string, string>>

  constructor(
    path: string,
    metadata: Readonly<Record<string, string>>,
    files: ReadonlyMap<string, string>,
    opened: Map<string, Promise<SafetensorsReader>>,
  ) {
    this.path = path
    this.metadata = metadata
    this.files = files
    this.opened = opened
  }

  get names(): readonly string[] {
    return [...this.files.keys()]
  }

  /**
   * Reads one tensor; no other is touched.
   *
   * @throws NABLA_FILE_FORMAT when there is no such tensor, or its file is damaged; NABLA_FILE_NOT_FOUND without its file
   */
  async read(name: string): Promise<Tensor> {
    const file = this.files.get(name)
    if (file === undefined) {
      throw new NablaError("NABLA_FILE_FORMAT", {
        message: "there is no such tensor",
        expected: `one of ${this.files.size} names`,
        got: name,
        where: this.path,
      })
    }
    const known = this.opened.get(file)
    const reader = known ?? SafetensorsReader.open(file)
    if (known === undefined) this.opened.set(file, reader)
    return (await reader).read(name)
  }

  async close(): Promise<void> {
    const readers = await Promise.allSettled(this.opened.values())
    for (const result of readers) if (result.status === "fulfilled") await result.value.close()
  }
}

/**
 * Opens a safetensors file, or the index of several (`model.safetensors.index.json`, as Hugging Face writes for large
 * models), without reading any tensor yet: a model that is larger than the memory can be read tensor by tensor.
 *
 * @throws NABLA_FILE_NOT_FOUND, NABLA_FILE_UNREADABLE, and NABLA_FILE_FORMAT for a damaged file or index
 *
 * @example
 * const archive = await openSafetensors("model.safetensors.index.json")
 * const weight = await archive.read("model.embed_tokens.weight")
 * await archive.close()
 */
export async function openSafetensors(path: string): Promise<SafetensorsArchive> {
  if (path.endsWith(".json")) return new SafetensorsArchive(path, {}, await filesOf(path), new Map())
  const reader = await SafetensorsReader.open(path)
  const files = new Map(reader.entries.map(({ name }) => [name, path] as const))
  return new SafetensorsArchive(path, reader.metadata, files, new Map([[path, Promise.resolve(reader)]]))
}

async function filesOf(path: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === "ENOENT" ? "NABLA_FILE_NOT_FOUND" : "NABLA_FILE_UNREADABLE"
    throw new NablaError(code, { message: `the file cannot be read: ${cause.message}`, where: path, cause })
  })
  const map = weightMap(text)
  if (typeof map !== "object" || map === null || Array.isArray(map))
    throw malformed(path, "there is no weight_map", map)
  return new Map(
    Object.entries(map).map(([name, file]) => {
      // An index names files beside it and no others.
      if (typeof file !== "string" || file === "" || basename(file) !== file || file === "..") {
        throw malformed(path, "a file of the index is no name", file)
      }
      return [name, join(dirname(path), file)] as const
    }),
  )
}

function weightMap(text: string): unknown {
  try {
    return (JSON.parse(text) as { weight_map?: unknown } | null)?.weight_map
  } catch {
    return undefined
  }
}

function malformed(where: string, message: string, got: unknown): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", {
    message: `${message} (safetensors index)`,
    expected: '{ "weight_map": { tensor: file } }',
    got: JSON.stringify(got)?.slice(0, 60) ?? "nothing",
    where,
  })
}
