/** A map of numbers from 0 to 1: a column for each step, a row for each slot. */
export interface HeatMap {
  readonly title: string
  /** By step, then by slot. */
  readonly values: readonly (readonly number[])[]
}

const [CELL, LEFT, TOP, GAP, BOTTOM] = [11, 56, 64, 40, 20]

/**
 * Where the heads of a machine with a memory were: one map beside the other, dark where the weight is large.
 *
 * @param caption what is shown, in a line
 */
export function memorySvg(maps: readonly HeatMap[], caption: string): string {
  const slots = maps[0]?.values[0]?.length ?? 0
  const widths = maps.map(({ values }) => values.length * CELL)
  const width = LEFT + widths.reduce((sum, w) => sum + w + GAP, 0)
  const height = TOP + slots * CELL + BOTTOM + 24
  let x = LEFT
  const parts = maps.map((map, i) => {
    const part = drawMap(map, x, slots)
    x += widths[i]! + GAP
    return part
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#222222">
<title>${caption}</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${LEFT}" y="22" font-size="14">${caption}</text>
<text transform="translate(18 ${TOP + (slots * CELL) / 2}) rotate(-90)" text-anchor="middle">slot of the memory</text>
${parts.join("\n")}
</svg>
`
}

function drawMap({ title, values }: HeatMap, left: number, slots: number): string {
  const [width, height] = [values.length * CELL, slots * CELL]
  const cells = values.flatMap((column, step) =>
    column.map((value, slot) => {
      const dark = Math.min(1, Math.max(0, value))
      // What could not be seen is left out, which keeps the file small.
      if (dark < 0.01) return ""
      return `<rect x="${step * CELL}" y="${slot * CELL}" width="${CELL}" height="${CELL}" fill-opacity="${dark.toFixed(2)}"/>`
    }),
  )
  const labels = [0, slots - 1].map(
    (slot) => `<text x="-6" y="${slot * CELL + 10}" text-anchor="end">${slot + 1}</text>`,
  )
  return `<g transform="translate(${left} ${TOP})"><text y="-10" font-weight="600">${title}</text><g fill="#0a4a7a">${cells.join("")}</g><rect width="${width}" height="${height}" fill="none" stroke="#9aa4ae"/>${labels.join("")}<text x="${width / 2}" y="${height + 18}" text-anchor="middle">step →</text></g>`
}
