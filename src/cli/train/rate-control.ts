import { readFileSync, statSync } from "node:fs"
import { emitKeypressEvents } from "node:readline"
import type { GraduateStudent } from "../../schedules/index.ts"

/** What a key of the terminal does to the rate. */
const keys: Readonly<Record<string, number>> = { up: 1.25, down: 1 / 1.25, pageup: 10, pagedown: 1 / 10 }

export const keyHelp = "↑ ↓ a quarter more or less, page up and down ten times"

/** In the folder of a run: a rate that another program, such as the Lab, wishes the training to go on with. */
export const RATE_FILE = "rate.txt"

/** Lets the rate be set while a training runs: by keys, where there is a terminal, and by files. */
export class RateControl {
  private readonly student: GraduateStudent
  private readonly files: () => readonly string[]
  private readonly input: NodeJS.ReadStream
  private readonly note: (text: string) => void
  private readonly wasRaw: boolean
  /** What each file was when it was last looked at. */
  private readonly seen = new Map<string, string>()
  private readonly onKey = (_: unknown, key: { readonly name?: string; readonly ctrl?: boolean }): void => {
    // In raw mode the terminal no longer makes a signal of Ctrl-C.
    if (key.ctrl && key.name === "c") process.kill(process.pid, "SIGINT")
    const factor = keys[key.name ?? ""]
    if (factor === undefined) return
    this.student.scale(factor)
    this.note(`learning rate ${Number(this.student.rate.toPrecision(3))}`)
  }

  /**
   * @param files hold the rate as a number; each is read anew when it has changed
   * @param note is told what was set
   */
  constructor(
    student: GraduateStudent,
    {
      files,
      input,
      note,
    }: { files: () => readonly string[]; input: NodeJS.ReadStream; note: (text: string) => void },
  ) {
    this.student = student
    this.files = files
    this.input = input
    this.note = note
    this.wasRaw = input.isRaw ?? false
    if (!input.isTTY) return
    emitKeypressEvents(input)
    input.setRawMode(true)
    input.on("keypress", this.onKey)
    input.resume()
  }

  /** Looks into the files; to be called between steps. One that is not there, or holds no rate, changes nothing. */
  look(): void {
    for (const file of this.files()) if (this.changed(file)) this.read(file)
  }

  /** Takes what is in a file for old. */
  passOver(file: string): void {
    this.changed(file)
  }

  private changed(file: string): boolean {
    const stamp = stampOf(file)
    if (stamp === "" || stamp === this.seen.get(file)) return false
    this.seen.set(file, stamp)
    return true
  }

  private read(file: string): void {
    const text = readFileSync(file, "utf8").trim()
    const rate = text === "" ? Number.NaN : Number(text)
    if (!Number.isFinite(rate) || rate < 0)
      return this.note(`${file} holds no learning rate: ${text.slice(0, 20)}`)
    if (rate === this.student.rate) return
    this.student.set(rate)
    this.note(`learning rate ${rate}, from ${file}`)
  }

  /** Leaves the terminal as it was. */
  dispose(): void {
    if (!this.input.isTTY) return
    this.input.off("keypress", this.onKey)
    this.input.setRawMode(this.wasRaw)
    this.input.pause()
  }
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? "" : `${found.mtimeMs} ${found.size}`
}
