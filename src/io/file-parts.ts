import type { FileHandle } from "node:fs/promises"
import { open } from "node:fs/promises"
import { NablaError } from "../base/index.ts"

/** What the system says about a file that it does not let be read. */
export function unreadable(path: string, cause: NodeJS.ErrnoException): NablaError {
  const code = cause.code === "ENOENT" ? "NABLA_FILE_NOT_FOUND" : "NABLA_FILE_UNREADABLE"
  return new NablaError(code, { message: `the file cannot be read: ${cause.message}`, where: path, cause })
}

/** @throws NABLA_FILE_NOT_FOUND, NABLA_FILE_UNREADABLE */
export async function openFile(path: string): Promise<FileHandle> {
  return open(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause)
  })
}

/** Bytes of an open file from `position` on. @throws NABLA_FILE_FORMAT when it ends before */
export async function part(
  file: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file
      .read(bytes, done, length - done, position + done)
      .catch((cause: NodeJS.ErrnoException) => {
        throw unreadable(path, cause)
      })
    if (bytesRead === 0) {
      const got = `its end after ${position + done} bytes`
      throw new NablaError("NABLA_FILE_FORMAT", { message: "the file became shorter", got, where: path })
    }
    done += bytesRead
  }
  return bytes
}
