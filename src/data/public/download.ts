import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdir, open, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { NablaError } from "../../base/index.ts"

export interface Progress {
  /** Name of the file. */
  readonly file: string
  /** Bytes that are there. */
  readonly received: number
  /** Bytes that there will be, if the server says so. */
  readonly total: number | undefined
}

export interface DownloadOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Seconds without a byte after which a connection is given up. Default: 30. */
  readonly timeout?: number
  /** How often to try each address; a later try goes on where the one before broke off. Default: 3. */
  readonly attempts?: number
}

/** More than any of the data sets: a server that goes on for ever is stopped. */
const LARGEST = 2 ** 31

/**
 * Downloads a file: from the first of the addresses that gives it, into a file beside (`….part`) that a later call goes
 * on with, and to its name once its checksum is right.
 *
 * @throws NABLA_DOWNLOAD when no address gives the file, with what each of them said
 * @throws NABLA_FILE_WRITE when it cannot be written
 */
export async function download(
  addresses: readonly string[],
  path: string,
  md5: string,
  options: DownloadOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch((cause) => {
    throw unwritable(path, cause)
  })
  const failures: string[] = []
  for (const address of addresses) {
    for (let attempt = 1; attempt <= (options.attempts ?? 3); attempt++) {
      try {
        await fetchPart(address, `${path}.part`, options)
        if (await verified(`${path}.part`, md5)) return await rename(`${path}.part`, path)
        await rm(`${path}.part`, { force: true })
        failures.push(`${address}: its checksum is not ${md5}`)
      } catch (error) {
        if (error instanceof NablaError) throw error
        failures.push(`${address}: ${reason(error)}`)
        if (error instanceof Refused) break
      }
    }
  }
  throw new NablaError("NABLA_DOWNLOAD", {
    message: "the file cannot be downloaded",
    got: [...new Set(failures)].join("; "),
    where: path,
  })
}

/** The server does not have the file: to ask again is no use. */
class Refused extends Error {}

/** Brings the part of a file that is there to its end. */
async function fetchPart(address: string, part: string, options: DownloadOptions): Promise<void> {
  const present = await stat(part).then(
    ({ size }) => size,
    () => 0,
  )
  const patience = new Patience(options.timeout ?? 30)
  try {
    const headers: Record<string, string> = present > 0 ? { range: `bytes=${present}-` } : {}
    const response = await fetch(address, { signal: patience.signal, headers })
    if (response.status === 416) return await unfit(response, part)
    if (!response.ok) {
      await response.body?.cancel()
      const text = `status ${response.status} ${response.statusText}`.trim()
      throw response.status < 500 ? new Refused(text) : new Error(text)
    }
    await writeBody(response, part, begins(response, present), patience, options)
  } finally {
    patience.end()
  }
}

/** There is nothing behind the part: it is whole, which the checksum tells, or of another file. */
async function unfit(response: Response, part: string): Promise<void> {
  await response.body?.cancel()
  const { size } = await stat(part)
  const whole = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1])
  if (size === whole) return
  await rm(part)
  throw new Error("what was there before was no part of it")
}

/** Where the body belongs: behind what is there, or at the beginning when the server sends the whole file. */
function begins(response: Response, present: number): number {
  if (response.status !== 206) return 0
  const from = Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1])
  if (from === present) return present
  throw new Error(`asked for bytes from ${present} on, it sent those from ${from} on`)
}

async function writeBody(
  response: Response,
  part: string,
  begin: number,
  patience: Patience,
  { onProgress }: DownloadOptions,
): Promise<void> {
  const length = response.headers.get("content-length")
  const total =
    length === null || response.headers.has("content-encoding") ? undefined : begin + Number(length)
  const file = await open(part, begin === 0 ? "w" : "r+").catch((cause) => {
    throw unwritable(part, cause)
  })
  let received = begin
  const name = part.replace(/^.*[\\/]|\.part$/g, "")
  try {
    for await (const bytes of response.body ?? []) {
      patience.renew()
      await file.write(bytes, 0, bytes.length, received).catch((cause) => {
        throw unwritable(part, cause)
      })
      received += bytes.length
      if (received > LARGEST) throw new Refused(`it is larger than ${LARGEST} bytes`)
      onProgress?.({ file: name, received, total })
    }
    if (total !== undefined && received !== total)
      throw new Error(`it broke off after ${received} of ${total} bytes`)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function verified(path: string, md5: string): Promise<boolean> {
  const hash = createHash("md5")
  for await (const bytes of createReadStream(path)) hash.update(bytes as Uint8Array)
  return hash.digest("hex") === md5
}

/** Gives a connection up when nothing has come for some time. */
class Patience {
  private readonly controller = new AbortController()
  private readonly milliseconds: number
  private timer: NodeJS.Timeout | undefined

  constructor(seconds: number) {
    this.milliseconds = 1000 * seconds
    this.renew()
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  renew(): void {
    clearTimeout(this.timer)
    const give = new Error(`nothing came for ${this.milliseconds / 1000} seconds`)
    this.timer = setTimeout(() => this.controller.abort(give), this.milliseconds)
  }

  end(): void {
    clearTimeout(this.timer)
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}

function unwritable(path: string, cause: unknown): NablaError {
  const got = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)
  return new NablaError("NABLA_FILE_WRITE", {
    message: "the file cannot be written",
    got,
    where: path,
    cause,
  })
}
