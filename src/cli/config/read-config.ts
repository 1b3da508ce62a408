import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { basename, extname, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { NablaError } from "../../base/index.ts"
import type { TrainConfig } from "../../train/index.ts"
import { checkConfig, configError } from "./schema.ts"

/** The names under which a configuration is found by itself. */
export const configNames: readonly string[] = ["ts", "mts", "js", "mjs", "json", "yaml", "yml"].map(
  (ending) => `nabla.config.${ending}`,
)

/**
 * The configuration in a file, or in the one of `configNames` that lies in the current folder; null without one.
 * JSON and YAML are read as data and run no code.
 *
 * @throws NABLA_CONFIG for what is none, with the paths of what is wrong, and when there are several in the folder
 * @throws NABLA_FILE_NOT_FOUND, NABLA_FILE_UNREADABLE
 */
export async function findConfig(
  given: string | undefined,
): Promise<{ readonly file: string; readonly config: TrainConfig } | null> {
  const file = given ?? fileHere()
  return file === null ? null : { file, config: await readConfig(file) }
}

function fileHere(): string | null {
  const found = configNames.filter((name) => existsSync(name))
  if (found.length <= 1) return found[0] ?? null
  throw new NablaError("NABLA_CONFIG", {
    message: "there are several configurations in this folder",
    got: found.join(", "),
    hint: "name the one that is meant with --config",
  })
}

async function readConfig(file: string): Promise<TrainConfig> {
  const ending = extname(file)
  if (ending === ".json" || ending === ".yaml" || ending === ".yml")
    return parseConfig(await textOf(file), ending === ".json" ? "json" : "yaml", file)
  if (!/^\.[mc]?[jt]s$/.test(ending))
    throw new NablaError("NABLA_CONFIG", {
      message: "this is no configuration by its name",
      expected: ".ts, .js, .mjs, .json or .yaml",
      got: basename(file),
      where: file,
    })
  if (!existsSync(file))
    throw new NablaError("NABLA_FILE_NOT_FOUND", { message: "there is no such file", where: file })
  return checkConfig(await run(resolve(file), file), file)
}

/** What the text of a configuration says. @throws NABLA_CONFIG */
export async function parseConfig(text: string, form: "json" | "yaml", where: string): Promise<TrainConfig> {
  let value: unknown
  try {
    // YAML 1.2 core: plain data, no types that make objects. Aliases are bounded, so that none multiply.
    if (form === "yaml")
      value = (await import("yaml")).parse(text, { schema: "core", maxAliasCount: 20, logLevel: "silent" })
    else value = JSON.parse(text)
    // What refers to itself is no data.
    JSON.stringify(value)
  } catch (error) {
    const message = `this is no ${form === "json" ? "JSON" : "YAML"}`
    const got = error instanceof Error ? error.message.split("\n")[0]!.slice(0, 200) : "something else"
    throw configError(where, [{ path: "", message, expected: "text of that form", got }])
  }
  return checkConfig(value, where)
}

/** The default export of a module. */
async function run(path: string, file: string): Promise<unknown> {
  try {
    if (/\.[mc]?ts$/.test(path)) {
      const { createJiti } = await import("jiti")
      return await createJiti(import.meta.url, { moduleCache: false }).import(path, { default: true })
    }
    return ((await import(pathToFileURL(path).href)) as { default?: unknown }).default
  } catch (cause) {
    throw new NablaError("NABLA_CONFIG", {
      message: "the configuration failed as it was run",
      got: cause instanceof Error ? cause.message.slice(0, 300) : String(cause),
      where: file,
      cause,
    })
  }
}

async function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === "ENOENT" ? "NABLA_FILE_NOT_FOUND" : "NABLA_FILE_UNREADABLE"
    throw new NablaError(code, { message: "the configuration cannot be read", where: file, cause })
  })
}
