import { NablaError } from "../base/index.ts"

/** What the system says about a file, with a code. */
export function fileError(path: string, cause: unknown): NablaError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)
  const missing = code === "ENOENT" || code === "ENOTDIR"
  const message = missing ? "no such file or folder" : "the system does not let it be read"
  return new NablaError(missing ? "NABLA_FILE_NOT_FOUND" : "NABLA_FILE_UNREADABLE", {
    message,
    got: code,
    where: path,
    cause,
  })
}
