/** Pictures and numbers as files. */

function save(name: string, blob: Blob): void {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

const fileName = (title: string, ending: string): string =>
  `${title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")}.${ending}`

/** A cell as RFC 4180 has it. */
const quoted = (cell: number | string): string =>
  typeof cell === "number" ? String(cell) : /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

export function toCsv(columns: readonly string[], rows: readonly (readonly (number | string)[])[]): string {
  return [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\n") + "\n"
}

export function downloadCsv(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly (number | string)[])[],
): void {
  save(fileName(title, "csv"), new Blob([toCsv(columns, rows)], { type: "text/csv" }))
}

/** The picture by itself: colours that the page's style sheet gives are written into it. */
export function standalone(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const originals = [svg, ...svg.querySelectorAll<SVGElement>("*")]
  const copies = [copy, ...copy.querySelectorAll<SVGElement>("*")]
  for (const [i, original] of originals.entries()) {
    const style = getComputedStyle(original)
    for (const name of ["fill", "stroke", "color", "font-family", "font-size"]) {
      copies[i]!.style.setProperty(name, style.getPropertyValue(name))
    }
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg")
  copy.style.background = getComputedStyle(document.body).backgroundColor
  return new XMLSerializer().serializeToString(copy)
}

export function downloadSvg(title: string, svg: SVGSVGElement | null): void {
  if (svg !== null) save(fileName(title, "svg"), new Blob([standalone(svg)], { type: "image/svg+xml" }))
}

export async function downloadPng(title: string, svg: SVGSVGElement | null): Promise<void> {
  if (svg === null) return
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(svg))}`
  await image.decode()
  const canvas = document.createElement("canvas")
  canvas.width = 2 * svg.clientWidth
  canvas.height = 2 * svg.clientHeight
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"))
  if (blob !== null) save(fileName(title, "png"), blob)
}
