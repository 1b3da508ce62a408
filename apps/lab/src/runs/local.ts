import type { Json } from "./api.ts"
import { RunRecords } from "./records.ts"

/** A run whose files were dropped on the page. */
export interface LocalRun {
  readonly name: string
  readonly config: Json
  readonly records: RunRecords
  readonly report: string | null
  readonly warning: string | null
}

const LARGEST = 256 * 2 ** 20

/**
 * Reads the files of one run: its metrics.jsonl, and config.json and report.json where they are given as well.
 *
 * @throws with what to do about it
 */
export async function readLocalRun(files: readonly File[]): Promise<LocalRun> {
  const find = (ending: string): File | undefined => files.find(({ name }) => name.endsWith(ending))
  const metrics = find(".jsonl")
  if (metrics === undefined) {
    const names = files.map(({ name }) => name).join(", ")
    throw new Error(`A run is opened by its metrics.jsonl, and this is ${names === "" ? "nothing" : names}.`)
  }
  if (metrics.size > LARGEST)
    throw new Error(`${metrics.name} is larger than 256 MB; \`npx nabla lab\` can follow it.`)
  const records = new RunRecords()
  const strange = records.add((await metrics.text()).split("\n"))
  if (records.lastStep === 0) throw new Error(`${metrics.name} holds no line of a training that nabla wrote.`)
  return {
    name: metrics.name,
    config: json(await find("config.json")?.text()),
    records,
    report: (await find("report.json")?.text()) ?? null,
    warning:
      strange === 0 ? null : `${strange} ${strange === 1 ? "line is" : "lines are"} no record and left out.`,
  }
}

function json(text: string | undefined): Json {
  try {
    const value = JSON.parse(text ?? "{}") as unknown
    return typeof value === "object" && value !== null ? (value as Json) : {}
  } catch {
    return {}
  }
}
