/** Where the network's nodes stand, in CSS pixels. */
export const NODE = 44
const GAP = 12

export interface Place {
  readonly left: number
  readonly top: number
}

export interface Link {
  /** Of the receiving unit: layers from 0. */
  readonly layer: number
  readonly unit: number
  readonly input: number
  readonly from: Place
  readonly to: Place
}

export interface Layout {
  readonly width: number
  readonly height: number
  /** A column each: features, hidden layers, outputs. */
  readonly columns: readonly (readonly Place[])[]
  readonly lefts: readonly number[]
}

/** @param top room for what stands above each column */
export function layoutOf(counts: readonly number[], available: number, top: number): Layout {
  const shift = 48
  const gaps = Math.max(1, counts.length - 1)
  const pitch = Math.max(108, (available - NODE - 2 * shift) / gaps)
  const lefts = counts.map((_, i) => shift + i * pitch)
  const columns = counts.map((count, i) =>
    Array.from({ length: count }, (_, k) => ({ left: lefts[i]!, top: top + k * (NODE + GAP) })),
  )
  const most = Math.max(...counts)
  return {
    width: lefts.at(-1)! + NODE + shift,
    height: top + most * (NODE + GAP),
    columns,
    lefts,
  }
}

/**
 * Links between the nodes; `used` are the features that are inputs, `units` the widths of the layers after them. Inputs
 * that have no node of their own are left out.
 */
export function linksOf(layout: Layout, used: readonly number[], units: readonly number[]): Link[] {
  return units.flatMap((count, layer) => {
    const sources = layer === 0 ? used.map((i) => layout.columns[0]![i]!) : layout.columns[layer]!
    return Array.from({ length: count }, (_, unit) => {
      const to = layout.columns[layer + 1]![unit]!
      return sources.map(({ left, top }, input) => ({
        layer,
        unit,
        input,
        from: { left: left + NODE, top: top + NODE / 2 },
        to: { left: to.left, top: to.top + NODE / 2 },
      }))
    }).flat()
  })
}

/** The point of a link's curve at a share of its course. */
function at({ from, to }: Link, t: number): Place {
  const middle = (from.left + to.left) / 2
  const s = 1 - t
  return {
    left: s ** 3 * from.left + 3 * s * t * middle + t ** 3 * to.left,
    top: from.top + (to.top - from.top) * (3 * t * t - 2 * t ** 3),
  }
}

/** The link next to a point, within some pixels. */
export function nearest(links: readonly Link[], x: number, y: number, within = 8): Link | null {
  let best: Link | null = null
  let closest = within
  for (const link of links) {
    if (x < link.from.left || x > link.to.left) continue
    let [low, high] = [0, 1]
    for (let i = 0; i < 12; i++) {
      const middle = (low + high) / 2
      if (at(link, middle).left < x) low = middle
      else high = middle
    }
    const distance = Math.abs(at(link, low).top - y)
    if (distance < closest) [best, closest] = [link, distance]
  }
  return best
}
