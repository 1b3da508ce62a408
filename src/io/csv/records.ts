import { NablaError } from "../../base/index.ts"

/** Text, bytes in UTF-8, or parts of either one after the other: a file's stream, a response's body. */
export type TextSource =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>

export interface RecordOptions {
  /** Default: the one of comma, tab, semicolon and bar that the first line has most of. */
  readonly delimiter?: string
  /** The file, for errors. */
  readonly where?: string
}

/** Characters that are parsed at once. */
const PART = 2 ** 16
/** Longest record: beyond it a quote was never closed, most likely. */
const LONGEST = 2 ** 20

/** What the parser gives back for a part of the text. */
interface Parsed {
  readonly data: string[][]
  readonly errors: readonly { readonly message: string; readonly row?: number }[]
  readonly meta: { readonly cursor: number }
}

/**
 * The records of a delimited text (RFC 4180: quotes, doubled quotes and line breaks within them), as they come in; only
 * a part of the text is held at a time. Empty lines are left out.
 *
 * @throws NABLA_FILE_FORMAT for text that is no UTF-8, wrong quotes, and a record above a million characters
 */
export async function* textRecords(
  source: TextSource,
  options: RecordOptions = {},
): AsyncGenerator<string[][], void, undefined> {
  const { where = "the file" } = options
  // Loaded when it is needed, so that programs without tables do not carry it.
  const { default: Papa } = await import("papaparse")
  let parse: ((text: string, more: boolean) => Parsed) | null = null
  let rest = ""
  for await (const { text, last } of textParts(source, where)) {
    rest += text
    if (parse === null) {
      // The first line settles the dialect.
      if (!last && !/[\r\n]./s.test(rest) && rest.length <= LONGEST) continue
      const parser = new Papa.Parser({ ...dialect(rest, options) })
      parse = (it, more) => parser.parse(it, 0, more) as Parsed
    }
    const { data, errors, meta } = parse(rest, !last)
    if (errors[0] !== undefined) throw malformed(where, `the text is not well formed: ${errors[0].message}`)
    rest = last ? "" : rest.slice(meta.cursor)
    if (rest.length > LONGEST) throw malformed(where, `a record is longer than ${LONGEST} characters`)
    const records = data.filter((record) => record.length > 1 || (record[0] !== "" && record[0] !== "\r"))
    if (records.length > 0) yield records
  }
}

/** How lines end, and what is between fields. */
function dialect(
  text: string,
  { delimiter }: RecordOptions,
): { delimiter: string; newline: "\n" | "\r" | "\r\n" } {
  const line = /^[^\r\n]*/.exec(text)![0]
  const newline = /\r\n|\n|\r/.exec(text)?.[0] as "\n" | "\r" | "\r\n" | undefined
  const bare = line.replace(/"[^"]*"/g, "")
  const counts = [",", "\t", ";", "|"].map((it) => ({ it, count: bare.split(it).length }))
  const most = counts.reduce((a, b) => (b.count > a.count ? b : a))
  return { delimiter: delimiter ?? most.it, newline: newline ?? "\n" }
}

/** A source's text in parts of bounded length; the last one, which may be empty, says so. */
async function* textParts(
  source: TextSource,
  where: string,
): AsyncGenerator<{ text: string; last: boolean }, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch (cause) {
      throw malformed(where, "the text is not in UTF-8", cause)
    }
  }
  const whole = typeof source === "string" || source instanceof Uint8Array
  for await (const piece of whole ? [source] : source) {
    for (let at = 0; at < piece.length; at += PART) {
      const text =
        typeof piece === "string" ? piece.slice(at, at + PART) : decode(piece.subarray(at, at + PART))
      yield { text, last: false }
    }
  }
  yield { text: decode(), last: true }
}

function malformed(where: string, message: string, cause?: unknown): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", { message: `${message} (CSV)`, where, cause })
}
