/** One weight that was set by hand: `layer.unit.input=value`, the input `b` is the bias. Layers count from 1. */
export interface Edit {
  readonly layer: number
  readonly unit: number
  readonly input: number | "b"
  readonly value: number
}

export function parseEdits(text: string): Edit[] {
  if (text === "") return []
  return text.split("_").flatMap((part) => {
    const match = /^(\d+)\.(\d+)\.(\d+|b)\.(-?[\d.]+(?:e[-+]?\d+)?)$/.exec(part)
    if (match === null) return []
    const [, layer, unit, input, value] = match as unknown as [string, string, string, string, string]
    return [
      {
        layer: Number(layer),
        unit: Number(unit),
        input: input === "b" ? "b" : Number(input),
        value: Number(value),
      },
    ]
  })
}

export function withEdit(text: string, edit: Edit): string {
  const rest = parseEdits(text).filter(
    ({ layer, unit, input }) => layer !== edit.layer || unit !== edit.unit || input !== edit.input,
  )
  return [...rest, edit]
    .map(({ layer, unit, input, value }) => `${layer}.${unit}.${input}.${value}`)
    .join("_")
}
