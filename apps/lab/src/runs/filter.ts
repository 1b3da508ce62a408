import type { Json } from "./api.ts"

/** All that a config says as text, under paths such as data.source. */
export function flattened(config: Json, path = ""): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(config)) {
    const name = path === "" ? key : `${path}.${key}`
    if (value !== null && typeof value === "object" && !Array.isArray(value))
      for (const [inner, shown] of flattened(value as Json, name)) found.set(inner, shown)
    else found.set(name, typeof value === "string" ? value : JSON.stringify(value))
  }
  return found
}

/**
 * Whether a run is what a filter asks for: words of its name or config, and conditions on its config such as
 * `recipe=cnn`, `lr<0.1`, `data.source=glyphs`; all of them must hold.
 */
export function matches(run: { readonly name: string; readonly config: Json }, filter: string): boolean {
  const config = flattened(run.config)
  const text = [run.name, ...config.values()].join(" ").toLowerCase()
  return filter
    .split(/\s+/)
    .filter(Boolean)
    .every((part) => {
      const [, key, sign, wanted] = /^([\w.-]+)(=|<|>)(.+)$/.exec(part) ?? []
      if (key === undefined) return text.includes(part.toLowerCase())
      const value = config.get(key)
      if (value === undefined) return false
      if (sign === "=") return value === wanted || (Number(value) === Number(wanted) && wanted !== "")
      return sign === "<" ? Number(value) < Number(wanted) : Number(value) > Number(wanted)
    })
}

/** The settings in which runs differ. The options that a run was begun with say the same once more. */
export function differences(configs: readonly Json[]): { key: string; values: string[] }[] {
  const flat = configs.map((config) => flattened(config))
  const keys = [...new Set(flat.flatMap((config) => [...config.keys()]))].filter(
    (key) => !key.startsWith("options."),
  )
  return keys
    .map((key) => ({ key, values: flat.map((config) => config.get(key) ?? "–") }))
    .filter(({ values }) => values.length === 1 || new Set(values).size > 1)
}
