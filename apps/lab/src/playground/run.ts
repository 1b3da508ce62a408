import type { Diagnosis } from "nabla/diagnostics"
import type { Problem, Session } from "../engine/protocol.ts"
import type { LabelledPoint } from "./engine/data.ts"
import { makeData, split } from "./engine/data.ts"
import type { Divergence } from "./engine/divergence.ts"
import { locate } from "./engine/divergence.ts"
import { allFeatures } from "./engine/features.ts"
import { History } from "./engine/history.ts"
import type { Spectrum } from "./engine/instruments.ts"
import { examine, instrument, LARGEST_SPECTRUM, spectrumOf } from "./engine/instruments.ts"
import type { LayerValues } from "./engine/net.ts"
import { parsePoints } from "./engine/points.ts"
import { seedrandom } from "./engine/seedrandom.ts"
import { gridPoints, Trainer } from "./engine/trainer.ts"
import { Watch } from "./engine/watch.ts"
import type { Command, Frame, NamedArray, OtherFrame, OtherView, Request, Setup, View } from "./messages.ts"
import type { Values } from "./state.ts"
import { otherOf } from "./state.ts"

const COARSE = 36
const FULL = 100
/** Milliseconds of training between two pictures, at full speed. */
const SLICE = 30
/** Milliseconds between two views of a run that goes on: figures that change faster cannot be read. */
const READING = 200

function dataOf(values: Values): { train: LabelledPoint[]; test: LabelledPoint[]; random: () => number } {
  const random = seedrandom(values.seed)
  const { problem, dataset, regDataset, noise } = values
  const name =
    problem === "multiclass" && dataset !== "own" ? "arms" : problem === "regression" ? regDataset : dataset
  const points =
    name === "own" ? parsePoints(values.points, problem) : makeData({ name: name as "arms", noise, random })
  const [train, test] = split(points, values.percTrainData)
  return { train, test, random }
}

/** Why there is nothing to train on: points that are painted come one by one, and the first ones may all be for testing. */
function lackOf({ percTrainData }: Values, train: number, test: number): Problem | null {
  if (train > 0) return null
  return {
    message:
      test === 0
        ? "There is no point to train on"
        : `There is no point to train on: ${percTrainData} % of ${test} ${test === 1 ? "is none" : "are none"}`,
    code: "NABLA_EMPTY_DATA",
    hint: `Choose a colour under “Paint points” and paint on the output, open a CSV file, ${test === 0 ? "" : "let a larger share train, "}or choose another data set.`,
  }
}

/** One run: its network, what it has been through, and what the page has asked for. */
class Run {
  readonly trainer: Trainer
  private readonly history = new History()
  private readonly watch = new Watch()
  private readonly setup: Setup
  private readonly problem: Problem | null
  private status: View["status"] = "paused"
  private reason: string | null = null
  private divergence: Divergence | null = null
  private spectrum: Spectrum | null = null
  private speed = 0
  /** When all figures were shown last. */
  private read = Number.NEGATIVE_INFINITY
  private told = false
  private diagnosis: Diagnosis | null = null
  private readonly wants = new Set<"spectrum" | "doctor">()

  constructor({ values, weights }: Request) {
    const { train, test, random } = dataOf(values)
    this.problem = lackOf(values, train.length, test.length)
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
      spectrumPossible: parameters <= LARGEST_SPECTRUM && this.problem === null,
    }
    this.history.mark(this.trainer.snapshot())
  }

  get running(): boolean {
    return this.status === "running"
  }

  obey(command: Command): void {
    const { trainer, history } = this
    this.read = Number.NEGATIVE_INFINITY
    const possible = this.problem === null
    if (command.kind === "play") this.status = command.on && possible ? "running" : "paused"
    else if (command.kind === "step") {
      this.status = "paused"
      if (possible) this.train(1)
    } else if (command.kind === "apply") {
      history.mark(trainer.snapshot())
      trainer.apply(command.values)
    } else if (command.kind === "edit") {
      trainer.edit(command.edit)
      history.mark(trainer.snapshot())
    } else if (command.kind === "rewind") this.rewind(command.to)
    else if (possible) this.wants.add(command.kind)
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
    this.watch.back(snapshot.epoch)
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

  /** Lets the doctor look at a run that has gone on for a while. */
  async observe(): Promise<void> {
    const { trainer, history, watch } = this
    if (this.status === "diverged" || this.problem !== null || !watch.due(trainer.epoch)) return
    this.record()
    await watch.look(trainer, history.losses)
    this.read = Number.NEGATIVE_INFINITY
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
    const able = this.status !== "diverged" && this.problem === null
    if (able && epoch > trainer.epoch) this.train(epoch - trainer.epoch)
  }

  /** What is to be shown now: all of it, or the pictures alone. */
  show(other: Run | null): Frame | View {
    const now = performance.now()
    this.record()
    other?.record()
    if (this.running && now - this.read < READING) return this.frame(other?.otherFrame(COARSE) ?? null)
    this.read = now
    return this.view(other)
  }

  private record(): void {
    const { trainer, history } = this
    history.add(trainer.epoch, trainer.scores(trainer.train).loss, trainer.scores(trainer.test).loss)
  }

  private otherFrame(resolution: number): OtherFrame {
    const { trainer } = this
    return {
      epoch: trainer.epoch,
      output: trainer.maps(resolution).at(-1)!,
      outputs: trainer.objective.outputs,
      resolution,
    }
  }

  private otherView(resolution: number): OtherView {
    const { trainer, history } = this
    return {
      ...this.otherFrame(resolution),
      train: trainer.scores(trainer.train),
      test: trainer.scores(trainer.test),
      losses: history.losses,
      diverged: this.status === "diverged",
    }
  }

  private frame<Other extends OtherFrame>(other: Other | null) {
    const { trainer } = this
    const resolution = this.running ? COARSE : FULL
    return {
      epoch: trainer.epoch,
      layers: trainer.layers(),
      resolution,
      maps: trainer.maps(resolution),
      other,
    }
  }

  private view(other: Run | null): View {
    const { trainer, history, running, problem } = this
    const setup = this.told ? null : this.setup
    this.told = true
    return {
      ...this.frame(other?.otherView(running ? COARSE : FULL) ?? null),
      status: this.status,
      reason: this.reason,
      divergence: this.divergence,
      problem,
      steps: trainer.steps,
      rate: trainer.rate,
      train: trainer.scores(trainer.train),
      test: trainer.scores(trainer.test),
      lossName: trainer.objective.name,
      losses: history.losses,
      marks: history.marks,
      state: running ? [] : stateOf(trainer),
      epochsPerSecond: this.speed,
      instruments: running || problem !== null ? null : instrument(trainer),
      spectrum: this.spectrum,
      diagnosis: this.diagnosis,
      arisen: this.watch.arisen,
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
  trainer.setLayers(weights)
}

export async function* run(request: Request, session: Session<Command>): AsyncGenerator<Frame | View> {
  const own = new Run(request)
  const changed = otherOf(request.values)
  const second = changed === null ? null : new Run({ values: changed, weights: null })
  yield own.show(second)
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
    await own.observe()
    await own.examine()
    yield own.show(second)
  }
}
