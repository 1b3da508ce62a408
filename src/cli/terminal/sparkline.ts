const LEVELS = [..."▁▂▃▄▅▆▇█"]
const WIDTH = 12

/** A line of a training's loss so far, a dozen characters wide: each is the mean over its share of the steps. */
export class Sparkline {
  private sums: number[] = []
  private counts: number[] = []
  /** Values in a full character; doubled whenever the line is full. */
  private share = 1

  add(value: number): void {
    const last = this.counts.length - 1
    if (last >= 0 && this.counts[last]! < this.share) {
      this.sums[last]! += value
      this.counts[last]! += 1
      return
    }
    if (this.counts.length === 2 * WIDTH) this.halve()
    this.sums.push(value)
    this.counts.push(1)
  }

  /** On a logarithmic scale, as losses fall by factors, where all values are above 0. */
  text(): string {
    const means = this.sums.map((sum, i) => sum / this.counts[i]!)
    const shown = means.length <= WIDTH ? means : inPairs(means)
    const scaled = shown.every((value) => value > 0) ? shown.map(Math.log) : shown
    const [low, high] = [Math.min(...scaled), Math.max(...scaled)]
    const level = (value: number): string =>
      LEVELS[high > low ? Math.round(((value - low) / (high - low)) * (LEVELS.length - 1)) : 0] ?? " "
    return scaled.map(level).join("")
  }

  private halve(): void {
    const pairs = (list: readonly number[]): number[] =>
      Array.from({ length: WIDTH }, (_, i) => list[2 * i]! + list[2 * i + 1]!)
    this.sums = pairs(this.sums)
    this.counts = pairs(this.counts)
    this.share *= 2
  }
}

function inPairs(values: readonly number[]): number[] {
  return Array.from({ length: Math.ceil(values.length / 2) }, (_, i) => {
    const pair = values.slice(2 * i, 2 * i + 2)
    return pair.reduce((a, b) => a + b, 0) / pair.length
  })
}
