/** What a visitor can change: described as data, so that the page, the link and the tests all follow from it. */
export type Control = NumberControl | ChoiceControl | SwitchControl | TextControl

interface Common {
  readonly label: string
  /** What it does, in a sentence. */
  readonly help?: string
}

export interface NumberControl extends Common {
  readonly kind: "number"
  readonly min: number
  readonly max: number
  readonly default: number
  /** Between two values that the slider takes; on a logarithmic scale the number of values for each factor of ten. */
  readonly step: number
  readonly scale?: "linear" | "log"
  readonly whole?: boolean
}

export interface ChoiceControl extends Common {
  readonly kind: "choice"
  readonly options: readonly (readonly [value: string, label: string])[]
  readonly default: string
}

export interface SwitchControl extends Common {
  readonly kind: "switch"
  readonly default: boolean
}

export interface TextControl extends Common {
  readonly kind: "text"
  readonly default: string
  readonly maxLength: number
}

export type Controls = Readonly<Record<string, Control>>

type ValueOf<C extends Control> = C extends NumberControl
  ? number
  : C extends SwitchControl
    ? boolean
    : string

export type ValuesOf<C extends Controls> = { readonly [K in keyof C]: ValueOf<C[K]> }

export function defaultsOf<C extends Controls>(controls: C): ValuesOf<C> {
  return Object.fromEntries(
    Object.entries(controls).map(([name, control]) => [name, control.default]),
  ) as ValuesOf<C>
}

/** The value nearest to it that the control takes: what is dragged in a picture lies between them. */
function nearest({ min, max, step, scale }: NumberControl, value: number): number {
  const rounded =
    scale === "log" ? 10 ** (Math.round(Math.log10(value) * step) / step) : Math.round(value / step) * step
  return Math.min(Math.max(Number(rounded.toPrecision(6)), min), max)
}

export function snap<C extends Controls>(controls: C, some: Partial<ValuesOf<C>>): Partial<ValuesOf<C>> {
  const snapped = Object.entries(some).map(([name, value]) => {
    const control = controls[name]
    return [name, control?.kind === "number" ? nearest(control, value as number) : value]
  })
  return Object.fromEntries(snapped) as Partial<ValuesOf<C>>
}

/** The values of a control in a link. What it does not take is left out, with a warning. */
function decode(control: Control, text: string): number | string | boolean | null {
  switch (control.kind) {
    case "number": {
      const value = Number(text)
      const inside = text !== "" && value >= control.min && value <= control.max
      return inside && (!control.whole || Number.isInteger(value)) ? value : null
    }
    case "choice":
      return control.options.some(([value]) => value === text) ? text : null
    case "switch":
      return text === "1" ? true : text === "0" ? false : null
    case "text":
      return text.length <= control.maxLength ? text : null
  }
}

/** Reads the values of controls from a link. */
export function readValues<C extends Controls>(
  controls: C,
  query: URLSearchParams,
): { values: ValuesOf<C>; warnings: string[] } {
  const values: Record<string, unknown> = { ...defaultsOf(controls) }
  const warnings: string[] = []
  for (const [name, text] of query) {
    const control = controls[name]
    if (control === undefined) warnings.push(`The link sets “${name}”, which is not known here.`)
    else {
      const value = decode(control, text)
      if (value === null)
        warnings.push(`The link sets “${control.label}” to “${text}”, which it does not take.`)
      else values[name] = value
    }
  }
  return { values: values as ValuesOf<C>, warnings }
}

/** What differs from the defaults, as it stands in a link. */
export function writeValues<C extends Controls>(controls: C, values: ValuesOf<C>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, control] of Object.entries(controls)) {
    const value = values[name as keyof C] as number | string | boolean
    if (value === control.default) continue
    query.set(name, typeof value === "boolean" ? (value ? "1" : "0") : String(value))
  }
  return query
}
