import type { Command } from "commander"
import { NablaError } from "../../base/index.ts"
import type { NamedConfig, TrainConfig } from "../../train/index.ts"
import { configError } from "./schema.ts"

/**
 * A command's options with those of a configuration where the command line says nothing. Each value goes through the
 * parser of its option, so that both mean the same.
 *
 * @throws NABLA_CONFIG with the key of what an option does not take
 */
export function mergeConfig<Options extends object>(
  command: Command,
  config: TrainConfig,
  where: string,
): Options {
  const merged: Record<string, unknown> = { ...command.opts() }
  for (const [key, value] of Object.entries(config)) {
    if (command.getOptionValueSource(key) === "cli") continue
    const option = command.options.find((it) => it.attributeName() === key)
    try {
      merged[key] = parsed(option?.parseArg, value, option?.variadic ?? false)
    } catch (error) {
      if (!(error instanceof NablaError)) throw error
      const { message, expected, got } = error.detail
      const rest = { ...(expected !== undefined && { expected }), ...(got !== undefined && { got }) }
      throw configError(where, [{ path: key, message, ...rest }])
    }
  }
  return merged as Options
}

type Parser = ((text: string, before: unknown) => unknown) | undefined

function parsed(parse: Parser, value: unknown, variadic: boolean): unknown {
  if (parse === undefined) return value
  const texts = (Array.isArray(value) ? value : [value]).map((item) => textOf(item as NamedConfig))
  if (variadic) return texts.reduce<unknown>((before, text) => parse(text, before), undefined)
  return parse(texts.join(","), undefined)
}

/** As the command line has it: a name with options becomes name:option=value,… */
function textOf(value: NamedConfig | number): string {
  if (typeof value !== "object") return String(value)
  const options = Object.entries(value.options ?? {}).map(([key, option]) => {
    return `${key}=${Array.isArray(option) ? option.join("/") : String(option)}`
  })
  return options.length === 0 ? value.name : `${value.name}:${options.join(",")}`
}
