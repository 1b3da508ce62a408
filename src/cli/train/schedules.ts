import { readFileSync } from "node:fs"
import { NablaError } from "../../base/index.ts"
import type { RateRecord, Schedule } from "../../schedules/index.ts"
import * as schedules from "../../schedules/index.ts"
import type { Stateful } from "../../train/index.ts"
import { invalidOption } from "../terminal/option-values.ts"
import type { OptionValue, Specification } from "../terminal/specification.ts"
import { checked, lookUp } from "../terminal/specification.ts"

/** What a schedule is fitted to. */
export interface TrainingLength {
  readonly lr: number
  /** Steps of the whole training. */
  readonly total: number
  readonly stepsPerEpoch: number
}

/** The schedule of a training, with what has to happen while it runs. */
export interface TrainingSchedule {
  readonly schedule: Schedule
  /** Of the momentum, for schedules that cycle it. */
  readonly momentum?: Schedule
  /** Takes the loss on held-out data after each epoch. */
  readonly observe?: (loss: number) => void
  /** What a checkpoint has to keep of it, where it depends on more than the step. */
  readonly state?: Stateful
  /** The rate that is set by hand. */
  readonly student?: schedules.GraduateStudent
}

type Options = Readonly<Record<string, OptionValue>>

interface ScheduleEntry {
  readonly name: string
  /** Options with their defaults. */
  readonly options: Options
  /** Those that are lengths: steps, `2ep`, or `10%` of the training. */
  readonly lengths: readonly string[]
  build(length: TrainingLength, options: Options): TrainingSchedule
}

/** Names and defaults are those of nabla/schedules; lengths are written for the command line. */
export const scheduleTable: readonly ScheduleEntry[] = [
  plain("constant", {}, [], ({ lr }) => schedules.constant(lr)),
  plain("step", { size: "30%", gamma: 0.1 }, ["size"], ({ lr }, { size, ...rest }) =>
    schedules.step(lr, size as number, rest),
  ),
  plain(
    "multi-step",
    { milestones: ["50%", "75%"], gamma: 0.1 },
    ["milestones"],
    ({ lr }, { milestones, ...rest }) => schedules.multiStep(lr, [milestones].flat() as number[], rest),
  ),
  plain("exponential", { gamma: null }, [], ({ lr, total }, { gamma }) =>
    schedules.exponential(lr, (gamma as number | null) ?? 0.01 ** (1 / total)),
  ),
  plain("polynomial", { total: "100%", power: 1, end: 0 }, ["total"], ({ lr }, { total, ...rest }) =>
    schedules.polynomial(lr, total as number, rest),
  ),
  plain("linear", { end: 0, total: "100%" }, ["total"], ({ lr }, { end, total }) =>
    schedules.linear(lr, end as number, total as number),
  ),
  plain("cosine", { min: 0, total: "100%", past: "error" }, ["total"], ({ lr }, { total, ...rest }) =>
    schedules.cosine(lr, total as number, rest),
  ),
  plain(
    "cosine-restarts",
    { period: "25%", multiple: 1, min: 0 },
    ["period"],
    ({ lr }, { period, ...rest }) => schedules.cosineRestarts(lr, period as number, rest),
  ),
  {
    name: "cyclical",
    options: { min: null, up: "10%", down: null, mode: "triangular", gamma: 1, momentum: null },
    lengths: ["up", "down"],
    build({ lr }, { min, momentum, down, ...rest }) {
      const timing = { ...rest, ...(down === null ? {} : { down }) } as schedules.CyclicalOptions
      const [low, high] = momentumBounds("cyclical", momentum)
      return {
        schedule: schedules.cyclical((min as number | null) ?? lr / 10, lr, timing),
        ...(momentum === null ? {} : { momentum: schedules.cyclicalMomentum(low, high, timing) }),
      }
    },
  },
  {
    name: "one-cycle",
    options: { share: 0.3, shape: "cosine", threePhase: false, divide: 25, finalDivide: 1e4, momentum: null },
    lengths: [],
    build({ lr, total }, { momentum, divide, finalDivide, ...timing }) {
      const division = { divide, finalDivide } as { divide: number; finalDivide: number }
      const [min, max] = momentumBounds("one-cycle", momentum)
      return {
        schedule: schedules.oneCycle(lr, total, { ...division, ...timing }),
        ...(momentum === null
          ? {}
          : { momentum: schedules.oneCycleMomentum(total, { min, max, ...timing }) }),
      }
    },
  },
  plain("inverse-square-root", { warmUp: "5%" }, ["warmUp"], ({ lr }, options) =>
    schedules.inverseSquareRoot(lr, options),
  ),
  plain(
    "warm-up-stable-decay",
    { warmUp: "1%", decay: "10%", shape: "linear", min: 0 },
    ["warmUp", "decay"],
    ({ lr, total }, options) => schedules.warmUpStableDecay(lr, total, options),
  ),
  {
    name: "plateau",
    options: { factor: 0.1, patience: 2, threshold: 1e-4, thresholdMode: "rel", cooldown: 0, minLr: 0 },
    lengths: [],
    build({ lr }, options) {
      const patient = schedules.plateau(lr, options)
      return { schedule: patient.schedule, observe: (loss) => void patient.observe(loss), state: patient }
    },
  },
  {
    name: "graduate-student",
    options: { file: null },
    lengths: [],
    build({ lr }) {
      const student = new schedules.GraduateStudent(lr)
      return { schedule: student.schedule, student, state: student }
    },
  },
  plain("replay", { file: null, past: "error" }, [], (_, { file, past }) =>
    schedules.replay(readRecord(file), { past: past as schedules.PastEnd }),
  ),
]

function plain(
  name: string,
  options: Options,
  lengths: readonly string[],
  make: (length: TrainingLength, options: Options) => Schedule,
): ScheduleEntry {
  return { name, options, lengths, build: (length, given) => ({ schedule: make(length, given) }) }
}

/**
 * The schedule that the command line asks for, with a warm-up before it if there is one.
 *
 * @throws NABLA_INVALID_OPTION for unknown names and options, and values that make no sense
 */
export function makeSchedule(
  specification: Specification,
  warmUp: OptionValue,
  length: TrainingLength,
): TrainingSchedule {
  const { name, options, lengths, build } = lookUp("--schedule", scheduleTable, specification)
  const unknown = Object.keys(specification.options).filter((option) => !Object.hasOwn(options, option))
  if (unknown.length > 0) {
    const known = Object.keys(options).join(", ")
    throw invalidOption(`--schedule ${name}`, known === "" ? "no options" : known, unknown.join(", "))
  }
  const warm = steps("--warm-up", warmUp, length)
  if (warm >= length.total)
    throw invalidOption("--warm-up", `less than the training, ${length.total} steps`, `${warm}`)
  const rest = { ...length, total: length.total - warm }
  const given = Object.entries({ ...options, ...specification.options }).map(([option, value]) => {
    const where = `--schedule ${name}:${option}`
    return [option, lengths.includes(option) ? allSteps(where, value, rest) : value]
  })
  const made = checked("--schedule", specification, () => build(rest, Object.fromEntries(given)))
  return warm === 0 ? made : warmed(made, warm)
}

function warmed(made: TrainingSchedule, warm: number): TrainingSchedule {
  if (made.student !== undefined) return made
  const { momentum } = made
  return {
    ...made,
    schedule: schedules.warmUp(made.schedule, warm, { from: 1 / (warm + 1) }),
    ...(momentum === undefined ? {} : { momentum: (t: number) => momentum(Math.max(0, t - warm)) }),
  }
}

function allSteps(where: string, value: OptionValue, length: TrainingLength): OptionValue {
  if (value === null) return null
  return Array.isArray(value) ? value.map((item) => steps(where, item, length)) : steps(where, value, length)
}

/** A length in steps: a number of them, of epochs (`2ep`), or a share of the training (`10%`). */
export function steps(where: string, value: OptionValue, { total, stepsPerEpoch }: TrainingLength): number {
  const match = typeof value === "string" ? /^(\d+(?:\.\d+)?)(ep|%)$/.exec(value) : null
  const count =
    match === null
      ? value
      : Math.max(1, Math.round(Number(match[1]) * (match[2] === "%" ? total / 100 : stepsPerEpoch)))
  if (typeof count === "number" && count >= 0 && Number.isSafeInteger(count)) return count
  throw invalidOption(
    where,
    "a number of steps, of epochs such as 2ep, or a share such as 10%",
    String(value),
  )
}

function momentumBounds(name: string, momentum: OptionValue | undefined): readonly [number, number] {
  if (momentum === null || momentum === undefined) return [0, 0]
  if (Array.isArray(momentum) && momentum.length === 2) return momentum as [number, number]
  throw invalidOption(`--schedule ${name}:momentum`, "two numbers, such as 0.85/0.95", String(momentum))
}

function readRecord(file: OptionValue | undefined): RateRecord {
  if (typeof file !== "string")
    throw invalidOption("--schedule replay:file", "the rates.json of a run", "nothing")
  let text: string
  try {
    text = readFileSync(file, "utf8")
  } catch (cause) {
    throw new NablaError("NABLA_FILE_NOT_FOUND", {
      message: "there are no recorded rates",
      where: file,
      cause,
    })
  }
  try {
    return JSON.parse(text) as RateRecord
  } catch (cause) {
    const message = "recorded rates are kept as JSON, and this is none"
    throw new NablaError("NABLA_FILE_FORMAT", { message, where: file, cause })
  }
}
