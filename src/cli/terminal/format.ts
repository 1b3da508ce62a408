import type { Values } from "../../train/index.ts"

/** 12,345 */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US")
}

/** 2.3026, 0.0512, 3.10e-7 */
export function loss(value: number): string {
  const size = Math.abs(value)
  return size === 0 || (size >= 1e-3 && size < 1e4) ? value.toFixed(4) : value.toExponential(2)
}

/** 97.40 % */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}

/** 48 s, 3 min 20 s, 2 h 5 min */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** 0:48, 3:20, 125:00 */
export function clock(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`
}

/** 0.2412 for a loss, 93.11 % for an accuracy or a share of errors */
export function score(name: string, value: number): string {
  return /accuracy|errors/.test(name) ? percent(value) : loss(value)
}

/** loss 0.2412, accuracy 93.11 % */
export function scores(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${score(name, value)}`)
    .join(", ")
}

/** 512 bytes, 12.3 KiB, 4.0 MiB */
export function bytes(value: number): string {
  if (value < 2 ** 10) return `${value} bytes`
  return value < 2 ** 20 ? `${(value / 2 ** 10).toFixed(1)} KiB` : `${(value / 2 ** 20).toFixed(1)} MiB`
}
