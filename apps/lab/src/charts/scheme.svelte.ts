/** Tells charts that are painted, not styled, that the colours have changed. */
class Scheme {
  version = $state(0)

  constructor() {
    const changed = () => this.version++
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed)
    new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["style"] })
  }
}

export const scheme = new Scheme()

type Rgb = readonly [red: number, green: number, blue: number]

/** What a colour of tokens.css is at the moment. */
export function resolveColour(colour: string): Rgb {
  const probe = document.createElement("span")
  probe.style.color = colour
  document.body.append(probe)
  const painter = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!
  painter.fillStyle = getComputedStyle(probe).color
  probe.remove()
  painter.fillRect(0, 0, 1, 1)
  const [red, green, blue] = painter.getImageData(0, 0, 1, 1).data
  return [red!, green!, blue!]
}

/** 256 colours through the ones given, as bytes red, green, blue, alpha. */
export function colourTable(colours: readonly string[]): Uint8ClampedArray {
  const stops = colours.map(resolveColour)
  const table = new Uint8ClampedArray(1024)
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1)
    const from = Math.min(stops.length - 2, Math.floor(at))
    for (let k = 0; k < 3; k++) {
      table[4 * i + k] = stops[from]![k]! + (at - from) * (stops[from + 1]![k]! - stops[from]![k]!)
    }
    table[4 * i + 3] = 255
  }
  return table
}

/** Between two colours of tokens.css, for what is styled. */
export const mixed = (from: string, to: string, share: number): string =>
  `color-mix(in oklab, ${to} ${Math.round(100 * share)}%, ${from})`
