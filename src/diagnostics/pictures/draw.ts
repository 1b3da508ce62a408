export type Plot = typeof import("@observablehq/plot")
export type PlotOptions = NonNullable<Parameters<Plot["plot"]>[0]>
export type Mark = NonNullable<PlotOptions["marks"]>[number]
export type ScaleOptions = NonNullable<PlotOptions["color"]>

/**
 * Draws with Observable Plot, which is loaded when the first picture is asked for; gives the text of the svg element.
 * Outside browsers it draws on linkedom's document.
 *
 * @param style of the svg element. Default: a white ground
 */
export async function drawn(
  options: (plot: Plot) => PlotOptions,
  style: Readonly<Record<string, string>> = { background: "#ffffff" },
): Promise<string> {
  const [plot, document] = await Promise.all([import("@observablehq/plot"), theDocument()])
  const element = plot.plot({ ...options(plot), document, figure: false, style } as PlotOptions)
  element.setAttribute("xmlns", "http://www.w3.org/2000/svg")
  return element.outerHTML
}

async function theDocument(): Promise<Document> {
  if (typeof document !== "undefined") return document
  const { parseHTML } = await import("linkedom")
  return parseHTML("<!doctype html><html><body></body></html>").document as unknown as Document
}

/** Text as it may stand in SVG and HTML, in attributes too. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
}
