/** Made once: a page that shows a run writes many numbers a second. */
const whole = new Intl.NumberFormat("en-US")

/** A number as people read it: four digits, and powers of ten where it is very large or very small. */
export function formatNumber(value: number | string, digits = 4): string {
  if (typeof value === "string") return value
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return whole.format(value).replace("-", "−")
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞"
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [mantissa, exponent] = value.toExponential(digits - 2).split("e") as [string, string]
    return `${mantissa.replace("-", "−")}·10${superscript(exponent.replace("+", ""))}`
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−")
}

const raised: Record<string, string> = {
  "-": "⁻",
  0: "⁰",
  1: "¹",
  2: "²",
  3: "³",
  4: "⁴",
  5: "⁵",
  6: "⁶",
  7: "⁷",
  8: "⁸",
  9: "⁹",
}

function superscript(text: string): string {
  return [...text].map((character) => raised[character] ?? character).join("")
}
