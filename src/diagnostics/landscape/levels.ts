import type { PlaneSlice } from "./slice.ts"

/** Heights at which contours are drawn, and whether they are spaced by their logarithm. */
export interface Levels {
  readonly thresholds: readonly number[]
  readonly logarithmic: boolean
  readonly low: number
  readonly high: number
}

/**
 * Contours for a picture of losses: spaced by the logarithm where the losses are positive and far apart, and up to the
 * loss that 95 % of the plane lie below, since a few corners would else take all the colours.
 */
export function levelsOf({ values }: PlaneSlice, count = 20): Levels {
  const sorted = values.filter((value) => Number.isFinite(value)).sort()
  const low = sorted[0] ?? 0
  const high = Math.max(
    sorted[Math.floor(0.95 * (sorted.length - 1))] ?? 1,
    low + 1e-12 + 1e-9 * Math.abs(low),
  )
  const logarithmic = low > 0 && high / low > 5
  const at = (share: number): number =>
    logarithmic ? low * (high / low) ** share : low + (high - low) * share
  return { thresholds: Array.from({ length: count }, (_, i) => at((i + 1) / count)), logarithmic, low, high }
}

/** Where a loss lies between the lowest and the highest level, 0 to 1. */
export function shareOf(value: number, { logarithmic, low, high }: Levels): number {
  const share = logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)
  return Math.min(1, Math.max(0, share))
}

/** Viridis (matplotlib), dark to light, which stays in order for colour-blind readers and in grey. */
const stops = [
  "440154",
  "482878",
  "3e4a89",
  "31688e",
  "26828e",
  "1f9e89",
  "35b779",
  "6dcd59",
  "b4de2c",
  "fde725",
]

/** Red, green and blue, 0 to 1, of a share of the scale. */
export function colourOf(share: number): readonly [number, number, number] {
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1)
  const below = Math.min(Math.floor(place), stops.length - 2)
  const [from, to] = [stops[below]!, stops[below + 1]!]
  const channel = (at: number): number => {
    const [a, b] = [from, to].map((text) => Number.parseInt(text.slice(at, at + 2), 16) / 255)
    return a! + (b! - a!) * (place - below)
  }
  return [channel(0), channel(2), channel(4)]
}

export function cssColour(share: number): string {
  const hex = (x: number): string =>
    Math.round(255 * x)
      .toString(16)
      .padStart(2, "0")
  return `#${colourOf(share).map(hex).join("")}`
}
