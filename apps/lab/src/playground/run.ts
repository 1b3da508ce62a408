import type { Diagnosis } from "nabla/diagnostics"
import type { Session } from "../engine/protocol.ts"
import type { Edit } from "./edits.ts"
import type { LabelledPoint } from "./engine/data.ts"
import { makeData, split } from "./engine/data.ts"
import type { Divergence } from "./engine/divergence.ts"
import { locate } from "./engine/divergence.ts"
import { allFeatures } from "./engine/features.ts"
import type { Losses } from "./engine/history.ts"
import { History } from "./engine/history.ts"
import type { LayerInstruments, Spectrum } from "./engine/instruments.ts"
import { examine, instrument, LARGEST_SPECTRUM, spectrumOf } from "./engine/instruments.ts"
import type { LayerValues } from "./engine/net.ts"
import { setLayers } from "./engine/net.ts"
import { parsePoints } from "./engine/points.ts"
import { seedrandom } from "./engine/seedrandom.ts"
import type { Scores } from "./engine/trainer.ts"
import { gridPoints, Trainer } from "./engine/trainer.ts"
import type { Values } from "./state.ts"
import { otherOf } from "./state.ts"

export type Command =
  | { readonly kind: "play"; readonly on: boolean }
  | { readonly kind: "step" }
  | { readonly kind: "apply"; readonly values: Values }
  | { readonly kind: "edit"; readonly edit: Edit }
  /** To the mark of this number; 0 is the start. */
  | { readonly kind: "rewind"; readonly to: number }
  | { readonly kind: "spectrum" }
  | { readonly kind: "doctor" }

/** What the page asks for: the state, and weights to begin with that no seed gives (kept ones, or a file's). */
export interface Request {
  readonly values: Values
  readonly weights: readonly LayerValues[] | null
}

export interface View {
  readonly status: "running" | "paused" | "diverged" | "stopped"
  /** Why it stopped by itself. */
  readonly reason: string | null
  readonly divergence: Divergence | null
  readonly epoch: number
  readonly steps: number
  readonly rate: number
  readonly train: Scores
  readonly test: Scores
  readonly lossName: string
  readonly losses: Losses
  readonly marks: readonly number[]
  readonly layers: readonly LayerValues[]
  /** All that the network's state dictionary holds; empty while a run goes on. */
  readonly state: readonly NamedArray[]
  readonly resolution: number
  /** For each layer what its units give on the grid: [points, units]. */
  readonly maps: readonly Float32Array[]
  readonly epochsPerSecond: number
  readonly instruments: readonly LayerInstruments[] | null
  readonly spectrum: Spectrum | null
  /** What the doctor said, when asked. */
  readonly diagnosis: Diagnosis | null
  /** The second run, at the same epoch. */
  readonly other: OtherView | null
  /** With the first view only. */
  readonly setup: Setup | null
}

export interface OtherView {
  readonly epoch: number
  readonly train: Scores
  readonly test: Scores
  readonly losses: Losses
  /** What the output gives on the grid, and how many numbers that is for each place. */
  readonly output: Float32Array
  readonly outputs: number
  readonly resolution: number
  readonly diverged: boolean
}

export interface NamedArray {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  readonly values: Float64Array
}

export interface Setup {
  readonly train: readonly LabelledPoint[]
  readonly test: readonly LabelledPoint[]
  readonly features: readonly { readonly name: string; readonly label: string; readonly used: boolean }[]
  /** What each feature is on the grid. */
  readonly featureMaps: readonly Float32Array[]
  readonly featureResolution: number
  readonly parameters: number
  readonly spectrumPossible: boolean
}

const COARSE = 36
const FULL = 100
/** Milliseconds of training between two pictures, at full speed. */
const SLICE = 28

function dataOf(values: Values): { train: LabelledPoint[]; test: LabelledPoint[]; random: () => number } {
  const random = seedrandom(values.seed)
  const { problem, dataset, regDataset, noise } = values
  const name =
    problem === "multiclass" && dataset !== "own" ? "arms" : problem === "regression" ? regDataset : dataset
  const points =
    name === "own" ? parsePoints(values.points, problem) : makeData({ name: name as "arms", noise, random })
  const [train, test] = split(points, values.percTrainData)
  if (train.length === 0)
    throw Object.assign(new Error("there is no point to train on"), {
      code: "NABLA_EMPTY_DATA",
      detail: {
        message: "there is no point to train on",
        hint: "draw some points, open a CSV file, choose another data set, or let a larger share train",
      },
    })
  return { train, test, random }
}

/** One run: its network, what it has been through, and what the page has asked for. */
class Run {
  readonly trainer: Trainer
  private readonly history = new History()
  private readonly setup: Setup
  private status: View["status"] = "paused"
  private reason: string | null = null
  private divergence: Divergence | null = null
  private spectrum: Spectrum | null = null
  private speed = 0
  private told = false
  private diagnosis: Diagnosis | null = null
  private readonly wants = new Set<"spectrum" | "doctor">()

  constructor({ values, weights }: Request) {
    const { train, test, random } = dataOf(values)
    const features = allFeatures(values)
    if (!features.some(({ used }) => used))
      throw Object.assign(new Error("the network has no input"), {
        code: "NABLA_INVALID_ARGUMENT",
        detail: { message: "the network has no input", hint: "choose at least one feature" },
      })
    this.trainer = new Trainer(values, { train, test }, random)
    if (weights !== null) takeWeights(this.trainer, weights)
    const parameters = [...this.trainer.net.parameters()].reduce(
      (sum, parameter) => sum + parameter.numel(),
      0,
    )
    const grid = gridPoints(COARSE)
    this.setup = {
      train,
      test,
      features: features.map(({ name, label, used }) => ({ name, label, used })),
      featureMaps: features.map((feature) => Float32Array.from(feature.of(grid))),
      featureResolution: COARSE,
      parameters,
      spectrumPossible: parameters <= LARGEST_SPECTRUM,
    }
    this.history.mark(this.trainer.snapshot())
  }

  get running(): boolean {
    return this.status === "running"
  }

  obey(command: Command): void {
    const { trainer, history } = this
    if (command.kind === "play") this.status = command.on ? "running" : "paused"
    else if (command.kind === "step") {
      this.status = "paused"
      this.train(1)
    } else if (command.kind === "apply") {
      history.mark(trainer.snapshot())
      trainer.apply(command.values)
    } else if (command.kind === "edit") {
      trainer.edit(command.edit)
      history.mark(trainer.snapshot())
    } else if (command.kind === "rewind") this.rewind(command.to)
    else this.wants.add(command.kind)
    if (command.kind !== "spectrum" && command.kind !== "doctor") {
      this.spectrum = this.diagnosis = null
      this.reason = this.status === "stopped" || this.status === "diverged" ? this.reason : null
      if (command.kind !== "apply" && this.status !== "diverged") this.divergence = null
    }
  }

  private rewind(to: number): void {
    const snapshot = this.history.at(to)
    if (snapshot === undefined) return
    this.trainer.restore(snapshot)
    this.history.drop(snapshot.epoch)
    this.status = "paused"
    this.divergence = null
    this.reason = null
  }

  /** Trains until it is time for a picture. */
  advance(): void {
    const { speed } = this.trainer.values
    if (speed === "max") this.train(Number.POSITIVE_INFINITY, SLICE)
    else this.train(Number(speed), 200)
  }

  private train(epochs: number, milliseconds = Number.POSITIVE_INFINITY): void {
    const { trainer, history } = this
    const { stopEpoch } = trainer.values
    const before = history.last?.epoch === trainer.epoch ? history.last : trainer.snapshot()
    const start = performance.now()
    let done = 0
    do {
      trainer.trainEpoch()
      done++
    } while (
      done < epochs &&
      performance.now() - start < milliseconds &&
      !(stopEpoch > 0 && trainer.epoch >= stopEpoch)
    )
    const seconds = (performance.now() - start) / 1000
    this.speed = this.speed === 0 ? done / seconds : 0.9 * this.speed + (0.1 * done) / seconds
    this.spectrum = this.diagnosis = null
    this.afterTraining(before)
  }

  private afterTraining(before: Parameters<typeof locate>[1]): void {
    const { trainer, history } = this
    const { stopEpoch, stopLoss } = trainer.values
    if (!trainer.finite || !Number.isFinite(trainer.scores(trainer.train).loss)) {
      this.divergence = locate(trainer, before, trainer.epoch)
      this.status = "diverged"
      return
    }
    if (history.due(trainer.epoch)) history.mark(trainer.snapshot())
    const { loss } = trainer.scores(trainer.test)
    if (stopEpoch > 0 && trainer.epoch >= stopEpoch) this.stop(`epoch ${trainer.epoch} is reached`)
    else if (stopLoss > 0 && loss <= stopLoss)
      this.stop(`the test loss has come down to ${loss.toPrecision(4)}`)
  }

  private stop(reason: string): void {
    if (this.status !== "running") return
    this.status = "stopped"
    this.reason = reason
  }

  /** What takes its time, and is done only when it is asked for. */
  async examine(): Promise<void> {
    if (this.wants.delete("spectrum")) this.spectrum = await spectrumOf(this.trainer)
    if (this.wants.delete("doctor")) this.diagnosis = await examine(this.trainer)
  }

  get epoch(): number {
    return this.trainer.epoch
  }

  /** Goes to where another run is. */
  follow(epoch: number): void {
    const { history, trainer } = this
    if (epoch < trainer.epoch) {
      this.rewind(history.marks.findLastIndex((mark) => mark <= epoch))
    }
    if (this.status !== "diverged" && epoch > trainer.epoch) this.train(epoch - trainer.epoch)
  }

  otherView(resolution: number): OtherView {
    const { trainer, history } = this
    const train = trainer.scores(trainer.train)
    const test = trainer.scores(trainer.test)
    history.add(trainer.epoch, train.loss, test.loss)
    return {
      epoch: trainer.epoch,
      train,
      test,
      losses: history.losses,
      output: trainer.maps(resolution).at(-1)!,
      outputs: trainer.objective.outputs,
      resolution,
      diverged: this.status === "diverged",
    }
  }

  view(other: Run | null): View {
    const { trainer, history } = this
    const train = trainer.scores(trainer.train)
    const test = trainer.scores(trainer.test)
    history.add(trainer.epoch, train.loss, test.loss)
    const resolution = this.running ? COARSE : FULL
    const setup = this.told ? null : this.setup
    this.told = true
    return {
      status: this.status,
      reason: this.reason,
      divergence: this.divergence,
      epoch: trainer.epoch,
      steps: trainer.steps,
      rate: trainer.rate,
      train,
      test,
      lossName: trainer.objective.name,
      losses: history.losses,
      marks: history.marks,
      layers: trainer.layers(),
      state: this.running ? [] : stateOf(trainer),
      resolution,
      maps: trainer.maps(resolution),
      epochsPerSecond: this.speed,
      instruments: this.running ? null : instrument(trainer),
      spectrum: this.spectrum,
      diagnosis: this.diagnosis,
      other: other?.otherView(resolution) ?? null,
      setup,
    }
  }
}

function stateOf({ net }: Trainer): NamedArray[] {
  return Object.entries(net.stateDict()).map(([name, value]) => ({
    name,
    shape: value.shape,
    dtype: value.dtype,
    values: Float64Array.from(value.dataSync() as Float64Array),
  }))
}

/** @throws when the weights are of another network */
function takeWeights(trainer: Trainer, weights: readonly LayerValues[]): void {
  const form = (layers: readonly LayerValues[]): string =>
    layers.map(({ inputs, bias }) => `${inputs}→${bias.length}`).join(", ")
  const [own, given] = [form(trainer.layers()), form(weights)]
  if (own !== given)
    throw Object.assign(new Error("the weights are of another network"), {
      code: "NABLA_SHAPE_MISMATCH",
      detail: {
        message: `the weights are of another network: ${given} instead of ${own}`,
        hint: "set the layers and features as they were when the weights were saved",
      },
    })
  setLayers(trainer.net, weights)
}

export async function* run(request: Request, session: Session<Command>): AsyncGenerator<View> {
  const own = new Run(request)
  const changed = otherOf(request.values)
  const second = changed === null ? null : new Run({ values: changed, weights: null })
  yield own.view(second)
  for (;;) {
    const commands = session.commands()
    for (const command of commands) {
      own.obey(command)
      if (command.kind === "apply") second?.trainer.apply(otherOf(command.values) ?? command.values)
    }
    if (session.signal.aborted) return
    if (commands.length === 0 && !own.running) {
      await session.idle()
      continue
    }
    if (own.running) own.advance()
    second?.follow(own.epoch)
    await own.examine()
    yield own.view(second)
  }
}
