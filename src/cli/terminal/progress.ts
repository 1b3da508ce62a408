import { SingleBar } from "cli-progress"
import type { EndEvent, EpochEvent, FitListener, StartEvent, StepEvent } from "../../train/index.ts"
import { clock, count, duration, scores } from "./format.ts"
import { Pace } from "./pace.ts"
import { Sparkline } from "./sparkline.ts"

/** Epochs beyond this many are not all printed, only every second, third … and the last. */
const EPOCH_LINES = 20
/** Seconds between two log lines within an epoch. */
const LOG_INTERVAL = 2

/** Columns that the text beside the bar takes. */
const TEXT_WIDTH = 84

/** Follows a training on the terminal: a bar where there is one, plain lines elsewhere. */
export function progressFor(output: NodeJS.WriteStream): FitListener {
  return output.isTTY ? new ProgressBar(output) : new LogLines(output)
}

function epochLine({ epoch, epochs, train, test }: EpochEvent): string {
  const measured = test === undefined ? "" : ` | held out: ${scores(test)}`
  return `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs} | training: ${scores(train)}${measured}`
}

function isShown({ epoch, epochs }: EpochEvent): boolean {
  return epoch === epochs || epoch % Math.ceil(epochs / EPOCH_LINES) === 0
}

/** One bar over all epochs, drawn anew in its line; finished epochs stay as lines above it. */
class ProgressBar implements FitListener {
  private readonly output: NodeJS.WriteStream
  private readonly bar: SingleBar
  private readonly pace = new Pace()
  private total = 0
  private readonly losses = new Sparkline()
  private state = { epoch: "–", sparkline: "", scores: "–", rate: "–", left: "–" }

  constructor(output: NodeJS.WriteStream) {
    this.output = output
    this.bar = new SingleBar({
      format: "{epoch} {bar} {percentage} %  {sparkline}  {scores}  {rate} samples/s  {left} left",
      stream: output,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: Math.max(6, Math.min(30, (output.columns || 80) - TEXT_WIDTH)),
      // A line that is longer than the terminal's would leave copies behind: it is cut.
      linewrap: true,
      clearOnComplete: true,
      // Signals are handled in interruption.ts.
      gracefulExit: false,
    })
  }

  onStart({ epochs, batches }: StartEvent): void {
    this.total = epochs * (batches ?? 0)
    this.bar.start(this.total, 0, this.state)
  }

  onStep(event: StepEvent): void {
    this.pace.add(event)
    const { means, epoch, epochs, step } = event
    const [rate, left] = [this.pace.samplesPerSecond, this.pace.secondsLeft]
    this.losses.add(event.values.loss!)
    this.state = {
      epoch: `${epoch}/${epochs}`,
      sparkline: this.losses.text(),
      scores: scores(means),
      rate: rate === undefined ? "–" : count(rate),
      left: left === undefined ? "–" : clock(left),
    }
    this.bar.update(step, this.state)
  }

  onNotice(message: string): void {
    this.bar.stop()
    this.output.write(`note: ${message}\n`)
    this.bar.start(this.total, 0, this.state)
  }

  onEpoch(event: EpochEvent): void {
    if (!isShown(event)) return
    this.bar.stop()
    this.output.write(`${epochLine(event)}\n`)
    if (event.epoch < event.epochs) this.bar.start(this.total, event.step, this.state)
  }

  onEnd(_event: EndEvent): void {
    this.bar.stop()
  }
}

class LogLines implements FitListener {
  private readonly output: NodeJS.WriteStream
  private readonly pace = new Pace()
  private printed = 0

  constructor(output: NodeJS.WriteStream) {
    this.output = output
  }

  onStep(event: StepEvent): void {
    this.pace.add(event)
    if (event.seconds - this.printed < LOG_INTERVAL) return
    this.printed = event.seconds
    const { epoch, epochs, batch, batches, means } = event
    const place = `epoch ${epoch}/${epochs}, step ${batch}${batches === undefined ? "" : `/${batches}`}`
    const [rate, left] = [this.pace.samplesPerSecond, this.pace.secondsLeft]
    const speed = rate === undefined ? "" : `, ${count(rate)} samples/s`
    const time = left === undefined ? "" : `, ${duration(left)} left`
    this.output.write(`${place}: ${scores(means)}${speed}${time}\n`)
  }

  onNotice(message: string): void {
    this.output.write(`note: ${message}\n`)
  }

  onEpoch(event: EpochEvent): void {
    if (isShown(event)) this.output.write(`${epochLine(event)}\n`)
  }
}
