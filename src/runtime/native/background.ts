import { spawn } from "node:child_process"
import { existsSync } from "node:fs"

/** What a shell does beside this program. Nobody waits for it: it is looked at now and then. */
export interface Background {
  readonly state: "running" | "ended" | "late"
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** A command as a line of shell. */
export const shellLine = (words: readonly string[]): string => words.map(quote).join(" ")

/** A watch over the script, in seconds: it ends what takes too long, and what outlives the program that wanted it. */
const watch = (seconds: number, end: string): string =>
  `( left=${seconds}; while [ "$left" -gt 0 ] && kill -0 ${process.pid} && [ ! -e ${end} ]
     do sleep 1; left=$((left - 1)); done; [ -e ${end} ] || kill -KILL 0 ) 2>/dev/null & watch=$!`

const running = new Set<ShellScript>()

/**
 * Starts a script of the shell and returns at once. It keeps no program alive, and ends with the one that started it:
 * with all that it started itself.
 *
 * @param name a path for the files by which its state is known
 * @param limit milliseconds after which it is stopped
 */
export function runInBackground(script: string, name: string, limit: number): Background {
  return new ShellScript(script, `${name}.end`, limit)
}

class ShellScript implements Background {
  private readonly pid: number | undefined
  private readonly end: string
  private readonly until: number
  private seen: Background["state"] = "running"

  constructor(script: string, end: string, limit: number) {
    this.end = end
    this.until = performance.now() + limit
    const seconds = Math.ceil(limit / 1000)
    const text = `${watch(seconds, quote(end))}\n${script}\n: > ${quote(end)}\nkill "$watch"`
    // In a group of its own, so that all of it can be stopped.
    const child = spawn("sh", ["-c", text], {
      stdio: "ignore",
      detached: true,
      env: { ...process.env, LC_ALL: "C" },
    })
    child.on("error", () => this.finish("ended"))
    child.unref()
    this.pid = child.pid
    if (this.pid === undefined) return
    // Before the folder that it writes to is removed.
    if (running.size === 0) process.prependListener("exit", stopAll)
    running.add(this)
  }

  /** A loop that never waits hears of no events, so the end is known by a file. */
  get state(): Background["state"] {
    if (this.seen !== "running") return this.seen
    if (this.pid === undefined || existsSync(this.end)) this.finish("ended")
    else if (performance.now() > this.until) {
      this.stop()
      this.finish("late")
    }
    return this.seen
  }

  stop(): void {
    try {
      process.kill(-this.pid!, "SIGKILL")
    } catch {
      // It has ended by itself.
    }
  }

  private finish(state: Background["state"]): void {
    this.seen = state
    running.delete(this)
    if (running.size === 0) process.off("exit", stopAll)
  }
}

function stopAll(): void {
  for (const script of running) script.stop()
}
