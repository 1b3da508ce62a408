/** Colours of −1, 0 and 1 as a table of 256 pixels, from the page's style sheet. */
export interface Palette {
  readonly table: Uint32Array
  readonly minus: string
  readonly zero: string
  readonly plus: string
}

type Rgb = readonly [number, number, number]

function resolved(probe: HTMLElement, name: string): string {
  probe.style.color = `var(${name})`
  return getComputedStyle(probe).color
}

const channels = (colour: string): Rgb =>
  (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number) as unknown as Rgb

const pixel = (from: Rgb, to: Rgb, share: number): number => {
  const at = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * share)
  return ((255 << 24) | (at(2) << 16) | (at(1) << 8) | at(0)) >>> 0
}

export function readPalette(): Palette {
  const probe = document.body.appendChild(document.createElement("span"))
  const [minus, zero, plus] = ["--minus", "--zero", "--plus"].map((name) => resolved(probe, name)) as [
    string,
    string,
    string,
  ]
  probe.remove()
  const [low, middle, high] = [channels(minus), channels(zero), channels(plus)]
  const table = Uint32Array.from({ length: 256 }, (_, i) =>
    i < 128 ? pixel(low, middle, i / 127.5) : pixel(middle, high, i / 127.5 - 1),
  )
  return { table, minus, zero, plus }
}

/** Calls back when the colours may have changed. */
export function watchPalette(changed: () => void): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)")
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributes: true })
  query.addEventListener("change", changed)
  return () => {
    observer.disconnect()
    query.removeEventListener("change", changed)
  }
}

const index = (value: number): number => Math.max(0, Math.min(255, Math.round((value + 1) * 127.5)))

export const colourOf = ({ table }: Palette, value: number): string => {
  const p = table[index(value)]!
  return `rgb(${p & 255} ${(p >> 8) & 255} ${(p >> 16) & 255})`
}

/** The pixels of a canvas, which are written again at each frame. */
interface Pixels {
  readonly context: CanvasRenderingContext2D
  readonly image: ImageData
  readonly words: Uint32Array
}

const pixelsOf = new WeakMap<HTMLCanvasElement, Pixels>()

function pixels(canvas: HTMLCanvasElement, resolution: number): Pixels {
  const known = pixelsOf.get(canvas)
  if (known?.image.width === resolution) return known
  canvas.width = canvas.height = resolution
  const context = canvas.getContext("2d")!
  const image = context.createImageData(resolution, resolution)
  const made = { context, image, words: new Uint32Array(image.data.buffer) }
  pixelsOf.set(canvas, made)
  return made
}

/** Draws every `stride`-th value from `offset` on as the pixels of a canvas. */
export function paint(
  canvas: HTMLCanvasElement,
  values: Float32Array,
  { table }: Palette,
  {
    stride,
    offset,
    resolution,
    discrete = false,
    scale = 1,
  }: {
    stride: number
    offset: number
    resolution: number
    discrete?: boolean
    scale?: number
  },
): void {
  const { context, image, words } = pixels(canvas, resolution)
  for (let i = 0; i < words.length; i++) {
    const value = values[i * stride + offset]! * scale
    words[i] = table[index(discrete ? (value >= 0 ? 1 : -1) : value)]!
  }
  context.putImageData(image, 0, 0)
}

/** Hues of classes on a canvas: the likeliest one, the fainter the less sure. */
export const classColours: readonly Rgb[] = [
  [201, 101, 27],
  [8, 119, 189],
  [0, 140, 105],
]

/** Shades of each class, from unsure to sure. */
const shades = classColours.map((colour) =>
  Uint32Array.from({ length: 256 }, (_, i) => pixel([235, 233, 227], colour, (0.85 * i) / 255)),
)

export function paintClasses(
  canvas: HTMLCanvasElement,
  values: Float32Array,
  { resolution, discrete }: { resolution: number; discrete: boolean },
): void {
  const classes = classColours.length
  const { context, image, words } = pixels(canvas, resolution)
  for (let i = 0; i < words.length; i++) {
    let best = 0
    for (let c = 1; c < classes; c++) if (values[i * classes + c]! > values[i * classes + best]!) best = c
    const sure = discrete ? 1 : ((values[i * classes + best]! + 1) / 2 - 1 / classes) * 1.5
    words[i] = shades[best]![Math.round(255 * Math.min(1, Math.max(0.15, sure)))]!
  }
  context.putImageData(image, 0, 0)
}
