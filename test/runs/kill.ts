import type { ChildProcess } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Random } from "../../src/base/index.ts"
import { listCheckpoints, loadCheckpoint } from "../../src/train/node.ts"
import { type CommandLine, ended } from "../cli-harness.ts"

/** What happened to the runs of a soak. */
export interface KillReport {
  /** Processes that were killed while they worked. */
  readonly kills: number
  /** Of those, how many had no run folder yet, how many no checkpoint, and how many were resuming. */
  readonly early: number
  readonly withoutCheckpoint: number
  readonly whileResuming: number
  /** Runs that were brought to their end and compared. */
  readonly runs: number
  /** Checkpoints under their final names that were read after kills. */
  readonly checkpointsRead: number
}

/**
 * Trainings with all that has to be put back: dropout, momentum, averages, augmentation, schedules, batch norm, noise; one
 * is watched for its report.
 */
const trainings: readonly (readonly string[])[] = [
  "--recipe mlp:dropout=0.2 --samples 300 --batch-size 12 --epochs 3 --augment flip,crop --ema 0.9 --checkpoint-every 4 --no-report",
  "--recipe mlp:dropout=0.1 --data spiral --samples 300 --epochs 12 --optimizer sgd --lr 0.1 --schedule plateau:patience=0",
  "--recipe unet:width=4,depth=1 --samples 60 --batch-size 6 --epochs 2 --schedule one-cycle:momentum=0.85/0.95 --checkpoint-every 3 --no-report",
].map((text) => text.split(" "))

/** Share of a short run's time that goes by until it trains. */
const STARTING = 0.35

/**
 * Kills trainings at seeded random moments with a signal that nothing can catch, has them go on, and holds the outcome to
 * that of a training that nobody disturbed.
 *
 * @throws when anything differs, a torn checkpoint has a checkpoint's name, or something else on disk has changed
 */
export async function soak(
  nabla: CommandLine,
  { kills, seed, log = () => {} }: { kills: number; seed: number; log?: (line: string) => void },
): Promise<KillReport> {
  const random = new Random(seed)
  const references = new Map<number, { folder: string; seconds: number }>()
  const report = { kills: 0, early: 0, withoutCheckpoint: 0, whileResuming: 0, runs: 0, checkpointsRead: 0 }
  for (let round = 0; report.kills < kills; round++) {
    const which = round % trainings.length
    const training = trainings[which]!
    if (!references.has(which)) references.set(which, await reference(nabla, which, training))
    const { folder, seconds } = references.get(which)!
    const out = join(nabla.folder, `round-${round}`)
    mkdirSync(join(out, "mine"), { recursive: true })
    writeFileSync(join(out, "mine", "notes.txt"), "not to be touched")
    const run = join(out, "run")
    // Up to three kills in a row, so that runs are also killed while they are being resumed.
    for (let left = 1 + random.integer(3); left > 0 && report.kills < kills; left--) {
      const resuming = existsSync(run)
      // Most of them while it trains, some while it starts.
      const begin = random.uniform() < 0.15 ? 0 : STARTING
      const delay = 1000 * seconds * (begin + (1 - begin) * random.uniform())
      const child = resuming
        ? nabla.start("train", "--resume", run)
        : nabla.start("train", ...training, "--out", out, "--name", "run")
      if (!(await killedAfter(child, delay))) break
      report.kills++
      if (resuming) report.whileResuming++
      if (!existsSync(run)) report.early++
      else if (listCheckpoints(run).length === 0) report.withoutCheckpoint++
      report.checkpointsRead += await readAll(run)
      checkSurroundings(out)
    }
    const rest = existsSync(run)
      ? await nabla.run("train", "--resume", run)
      : await nabla.run("train", ...training, "--out", out, "--name", "run")
    if (rest.code !== 0) throw new Error(`round ${round} could not go on:\n${rest.err}`)
    checkSurroundings(out)
    compare(run, folder, `round ${round}`)
    report.runs++
    log(`${report.kills} of ${kills} kills: run ${round} ended as the undisturbed one`)
  }
  return report
}

async function reference(
  nabla: CommandLine,
  which: number,
  training: readonly string[],
): Promise<{ folder: string; seconds: number }> {
  const out = join(nabla.folder, `reference-${which}`)
  const began = performance.now()
  const { code, err } = await nabla.run("train", ...training, "--out", out, "--name", "run")
  if (code !== 0) throw new Error(`the undisturbed run failed:\n${err}`)
  return { folder: join(out, "run"), seconds: (performance.now() - began) / 1000 }
}

/** Whether the process was still at work when it was killed. */
async function killedAfter(child: ChildProcess, milliseconds: number): Promise<boolean> {
  const end = ended(child)
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds)
  await end
  clearTimeout(timer)
  return child.signalCode === "SIGKILL"
}

/** Reads every file that has the name of a checkpoint: none may be torn, whatever the moment. */
async function readAll(run: string): Promise<number> {
  if (!existsSync(run)) return 0
  const files = listCheckpoints(run).map(({ path }) => path)
  const best = join(run, "checkpoints", "best.safetensors")
  if (existsSync(best)) files.push(best)
  for (const file of files) await loadCheckpoint(file)
  return files.length
}

/** Beside the run there is what was there before, and at most a folder that was not finished. */
function checkSurroundings(out: string): void {
  const others = readdirSync(out).filter((name) => !/^\.run\.\d+\.new$/.test(name) && name !== "run")
  const notes = readFileSync(join(out, "mine", "notes.txt"), "utf8")
  if (
    others.join() !== "mine" ||
    readdirSync(join(out, "mine")).join() !== "notes.txt" ||
    notes !== "not to be touched"
  )
    throw new Error(`something else has changed: ${others}`)
}

/** Both folders hold the same, apart from times; the weights to the last bit. */
export function compare(run: string, wanted: string, what: string): void {
  const files = [run, wanted].map((folder) => listing(folder).join("\n"))
  if (files[0] !== files[1]) throw new Error(`${what}: other files\n${files.join("\n---\n")}`)
  for (const name of ["model.safetensors", "metrics.jsonl", "metrics.csv"]) {
    const [got, expected] = [run, wanted].map((folder) => digest(join(folder, name)))
    if (got !== expected) throw new Error(`${what}: ${name} differs from that of the undisturbed run`)
  }
}

function listing(folder: string): string[] {
  return (
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => statSync(join(folder, name)).isFile())
      // A resumed run has an event file of its own, as TensorBoard wants it. The report comes after the training.
      .filter((name) => !/^(events[.]out[.]tfevents|report[.])/.test(name))
      // Which checkpoints are kept depends on the clock where they are taken by the clock.
      .map((name) => (name.startsWith("checkpoints/step-") ? "checkpoints/step" : name))
      .filter((name, i, all) => all.indexOf(name) === i)
      .sort()
  )
}

function digest(path: string): string {
  const bytes = readFileSync(path)
  if (path.endsWith(".safetensors")) return createHash("sha256").update(bytes).digest("hex")
  const text = bytes.toString()
  if (path.endsWith(".csv")) {
    const rows = text.split("\n").map((line) => line.split(","))
    const time = rows[0]!.indexOf("seconds")
    return rows.map((row) => row.filter((_, i) => i !== time).join()).join("\n")
  }
  return text.replace(/"(seconds|samplesPerSecond|dataWaitShare)":[\d.]+/g, '"$1":0')
}
