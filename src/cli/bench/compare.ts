import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NablaError } from "../../base/index.ts"
import { invalidOption } from "../terminal/option-values.ts"
import { benchElsewhere, scriptOf } from "./processes.ts"
import type { BenchResult, BenchSettings } from "./run.ts"

/** A state of the project: a folder with its files. */
export interface Revision {
  /** As it was named, with the commit that it stands for. */
  readonly label: string
  readonly folder: string
}

/** Times of a step in milliseconds, of two revisions. */
export interface Comparison {
  readonly workload: string
  readonly a: number | null
  readonly b: number | null
  /** Median of the rounds' b/a. */
  readonly ratio: number | null
  /** Half of the range of the rounds' ratios: what differs by less may not differ at all. Null for a single round. */
  readonly noise: number | null
  /** What a reader should know: an error, losses that differ. */
  readonly note: string
}

function git(args: readonly string[], folder = process.cwd()): string {
  try {
    return execFileSync("git", args, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim()
  } catch (cause) {
    const { stderr } = cause as { stderr?: string }
    throw new NablaError("NABLA_INVALID_OPTION", {
      message: `git ${args[0]} fails: ${(stderr || String(cause)).trim().split("\n")[0]}`,
      where: "--compare",
      hint: "run it in a checkout of the project, with two commits that it has",
      cause,
    })
  }
}

/** The present state of the folder, committed or not. */
const PRESENT = "."

/** Puts revisions into folders of their own for as long as `use` takes. */
export async function withRevisions<T>(
  names: readonly string[],
  use: (of: Revision[]) => Promise<T>,
): Promise<T> {
  const root = git(["rev-parse", "--show-toplevel"])
  const commits = names.map((name) =>
    name === PRESENT
      ? null
      : git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]),
  )
  const parent = mkdtempSync(join(tmpdir(), "nabla-bench-"))
  const made: string[] = []
  try {
    const revisions = commits.map((commit, i): Revision => {
      if (commit === null) return { label: "present files", folder: root }
      const folder = join(parent, `${i}-${commit.slice(0, 8)}`)
      git(["worktree", "add", "--detach", folder, commit], root)
      made.push(folder)
      provide(root, folder)
      return { label: `${names[i]} (${commit.slice(0, 8)})`, folder }
    })
    return await use(revisions)
  } finally {
    for (const folder of made) git(["worktree", "remove", "--force", folder], root)
    rmSync(parent, { recursive: true, force: true })
  }
}

/** The packages that a revision needs: those that are here, where it names the same. */
function provide(root: string, folder: string): void {
  const lock = (of: string): string | null =>
    existsSync(join(of, "package-lock.json")) ? readFileSync(join(of, "package-lock.json"), "utf8") : null
  if (lock(folder) === null) return
  if (lock(root) === lock(folder) && existsSync(join(root, "node_modules")))
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction")
  else execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: "ignore" })
}

export interface CompareOptions extends BenchSettings {
  readonly rounds: number
  readonly signal: AbortSignal
}

/** Runs a workload on two revisions in turns. Who begins changes, since the second finds a warmer machine. */
export async function compareWorkload(
  workload: string,
  [a, b]: readonly [Revision, Revision],
  { rounds, signal, ...settings }: CompareOptions,
): Promise<Comparison> {
  const results: [BenchResult[], BenchResult[]] = [[], []]
  const run = async (which: 0 | 1): Promise<void> => {
    const { folder } = which === 0 ? a : b
    results[which].push(await benchElsewhere(scriptOf(folder), workload, settings, signal))
    signal.throwIfAborted()
  }
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)
    for (const which of order) await run(which)
  }
  return summarise(workload, results)
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((x, y) => x - y)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Part by which losses may differ that are the same but for rounding. */
const SAME_LOSS = 1e-3

export function summarise(
  workload: string,
  [a, b]: readonly [readonly BenchResult[], readonly BenchResult[]],
): Comparison {
  const times = (of: readonly BenchResult[]): number[] =>
    of.flatMap(({ ms_per_step: ms }) => (ms === null ? [] : [ms]))
  const [ofA, ofB] = [times(a), times(b)]
  const middle = (of: readonly number[]): number | null => (of.length === 0 ? null : median(of))
  const bad = [...a, ...b].find(({ ms_per_step: ms }) => ms === null)
  const found = { workload, a: middle(ofA), b: middle(ofB) }
  if (bad !== undefined) return { ...found, ratio: null, noise: null, note: bad.note }
  const ratios = ofA.map((time, i) => ofB[i]! / time)
  const [lossA, lossB] = [a[0]!.loss!, b[0]!.loss!]
  const differs = Math.abs(lossA - lossB) > SAME_LOSS * Math.abs(lossA)
  return {
    ...found,
    ratio: median(ratios),
    noise: ratios.length > 1 ? (Math.max(...ratios) - Math.min(...ratios)) / 2 : null,
    note: differs ? `losses differ: ${lossA}, ${lossB}` : "",
  }
}

export function checkRevisions(names: readonly string[]): [string, string] {
  if (names.length === 2) return [names[0]!, names[1]!]
  throw invalidOption("--compare", "two commits", names.join(" "))
}
