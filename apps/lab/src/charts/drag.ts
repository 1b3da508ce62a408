/** The place, in the units of the axes. */
export type Drag = (x: number, y: number) => void

interface Scale {
  readonly domain?: readonly unknown[]
  invert?(value: number): unknown
}

/** What Plot draws says its scales. */
type Picture = Element & { scale?(name: "x" | "y"): Scale | undefined }

function within({ domain, invert }: Scale, at: number): number {
  const value = Number(invert!(at))
  const ends = (domain ?? []).map(Number)
  return Math.min(Math.max(value, Math.min(...ends)), Math.max(...ends))
}

function tell(holder: HTMLElement, drag: Drag, { clientX, clientY }: PointerEvent): void {
  const picture = holder.firstElementChild as Picture | null
  const svg = picture?.closest("svg") ?? picture?.querySelector("svg")
  const [x, y] = [picture?.scale?.("x"), picture?.scale?.("y")]
  if (!svg || x?.invert === undefined || y?.invert === undefined) return
  const box = svg.getBoundingClientRect()
  const shrunk = svg.viewBox.baseVal.width / box.width
  drag(within(x, (clientX - box.left) * shrunk), within(y, (clientY - box.top) * shrunk))
}

/** Tells of the pointer while it is held down. The picture may be drawn anew meanwhile: its holder stays. */
export function dragged(drag: Drag | undefined): (holder: HTMLElement) => (() => void) | undefined {
  return (holder) => {
    if (drag === undefined) return
    const off = new AbortController()
    const listen = (name: "pointerdown" | "pointermove", heard: (event: PointerEvent) => void): void =>
      // Before the picture hears it: Plot keeps a press for itself while it shows a tip.
      holder.addEventListener(name, heard, { signal: off.signal, capture: true })
    listen("pointerdown", (event) => {
      if (event.button !== 0) return
      event.stopPropagation()
      holder.setPointerCapture(event.pointerId)
      tell(holder, drag, event)
    })
    listen("pointermove", (event) => {
      if (holder.hasPointerCapture(event.pointerId)) tell(holder, drag, event)
    })
    return () => off.abort()
  }
}
