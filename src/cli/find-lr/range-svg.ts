import type { LrRangeResult } from "../../train/index.ts"

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 320, 64, 24, 30, 52]

/** The losses of a range test over the rate, on a logarithmic axis, with the suggestion. */
export function rangeSvg({ rates, losses, smoothed, suggestion }: LrRangeResult): string {
  const [first, last] = [Math.log10(rates[0] ?? 1), Math.log10(rates.at(-1) ?? 10)]
  const low = Math.min(...smoothed, ...losses)
  const high = Math.max(low + 1e-9, Math.min(Math.max(...smoothed, ...losses), 2 * (smoothed[0] ?? 1) - low))
  const x = (rate: number): number => ((Math.log10(rate) - first) / (last - first || 1)) * WIDTH
  const y = (loss: number): number => Math.max(-20, ((high - loss) / (high - low)) * HEIGHT)
  const line = (values: readonly number[]): string =>
    values.map((value, i) => `${x(rates[i]!).toFixed(1)},${y(value).toFixed(1)}`).join(" ")
  const decades = Array.from(
    { length: Math.floor(last) - Math.ceil(first) + 1 },
    (_, i) => Math.ceil(first) + i,
  )
  const down = decades.map(
    (power) =>
      `<path d="M${x(10 ** power).toFixed(1)} 0V${HEIGHT}" stroke="#e3e6ea"/><text x="${x(10 ** power).toFixed(1)}" y="${HEIGHT + 20}" text-anchor="middle">${Number((10 ** power).toPrecision(1))}</text>`,
  )
  const across = Array.from({ length: 5 }, (_, i) => low + ((high - low) * i) / 4).map(
    (loss) =>
      `<path d="M0 ${y(loss).toFixed(1)}H${WIDTH}" stroke="#e3e6ea"/><text x="-10" y="${(y(loss) + 4).toFixed(1)}" text-anchor="end">${Number(loss.toPrecision(3))}</text>`,
  )
  const mark = suggestion === null ? "" : markOf(x(suggestion), suggestion)
  const [width, height] = [LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#222222">
<title>Loss over learning rate</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<clipPath id="plot"><rect width="${WIDTH}" height="${HEIGHT}"/></clipPath>
<g transform="translate(${LEFT} ${TOP})">
${down.join("")}${across.join("")}
<g fill="none" clip-path="url(#plot)"><polyline points="${line(losses)}" stroke="#9db4cc"/><polyline points="${line(smoothed)}" stroke="#0072b2" stroke-width="2.5"/></g>
${mark}
<text x="${WIDTH / 2}" y="${HEIGHT + 42}" text-anchor="middle">learning rate</text>
<text x="0" y="-12">loss: each batch (pale), smoothed</text>
</g>
</svg>
`
}

function markOf(x: number, rate: number): string {
  const anchor = x > WIDTH * 0.7 ? 'text-anchor="end"' : ""
  const at = x > WIDTH * 0.7 ? x - 8 : x + 8
  return `<path d="M${x.toFixed(1)} 0V${HEIGHT}" stroke="#d55e00" stroke-width="1.5" stroke-dasharray="5 4"/><text x="${at.toFixed(1)}" y="18" font-weight="600" fill="#d55e00" ${anchor}>${Number(rate.toPrecision(2))}</text>`
}
