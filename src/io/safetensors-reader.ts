import type { FileHandle } from "node:fs/promises"
import { NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { openFile, part } from "./file-parts.ts"
import type { SafetensorsEntry, SafetensorsHeader } from "./safetensors-read.ts"
import { decodeEntry, parseSafetensorsHeader, safetensorsHeaderLength } from "./safetensors-read.ts"

/** A safetensors file whose tensors are read one by one, when they are asked for. */
export class SafetensorsReader {
  private readonly path: string
  private readonly file: FileHandle
  private readonly header: SafetensorsHeader

  private constructor(path: string, file: FileHandle, header: SafetensorsHeader) {
    this.path = path
    this.file = file
    this.header = header
  }

  /**
   * Reads the header of a file, and nothing else yet.
   *
   * @throws NABLA_FILE_NOT_FOUND, NABLA_FILE_UNREADABLE, and NABLA_FILE_FORMAT as decodeSafetensors
   */
  static async open(path: string): Promise<SafetensorsReader> {
    const file = await openFile(path)
    try {
      const { size } = await file.stat()
      const length = safetensorsHeaderLength(await part(file, path, 0, Math.min(8, size)), size, path)
      const header = parseSafetensorsHeader(await part(file, path, 8, length), size, path)
      return new SafetensorsReader(path, file, header)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get entries(): readonly SafetensorsEntry[] {
    return this.header.entries
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata
  }

  /** @throws NABLA_FILE_FORMAT when the file has no such tensor, or a number in it does not fit */
  async read(name: string): Promise<Tensor> {
    const entry = this.header.entries.find((it) => it.name === name)
    if (entry === undefined) {
      const names = this.header.entries.map((it) => it.name).join(", ")
      const expected = names.length > 300 ? `${names.slice(0, 300)} …` : names
      throw new NablaError("NABLA_FILE_FORMAT", {
        message: "the file has no such tensor",
        expected,
        got: name,
        where: this.path,
      })
    }
    const { begin, end } = entry
    return decodeEntry(
      entry,
      await part(this.file, this.path, this.header.dataStart + begin, end - begin),
      this.path,
    )
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}
