import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { NablaError } from "../../base/index.ts"
import type { Tokenizer, TokenizerState } from "../../data/index.ts"
import { tokenizerFrom } from "../../data/index.ts"
import { loadSafetensors } from "../../io/node.ts"
import type { Module } from "../../nn/index.ts"
import { generate } from "../../train/index.ts"
import type { ModelOptions } from "../recipes/index.ts"
import { languageModel } from "../recipes/index.ts"

export interface SampleOptions {
  readonly prompt: string
  readonly length: number
  readonly temperature: number
  readonly topK?: number
  readonly seed: number
}

/** What is needed of a run's config.json. */
interface RunConfig {
  readonly recipe: string
  readonly model: ModelOptions
  readonly data: { readonly tokenizer: TokenizerState }
}

/** Writes the prompt and what the model of a run makes of it to the terminal, as it comes. */
export async function sample(run: string, { prompt, ...options }: SampleOptions): Promise<void> {
  const { model, tokenizer, context } = await languageModelOf(run)
  process.stdout.write(prompt)
  const tokens = generate(model, { ...options, context, prompt: tokenizer.encode(prompt) })
  for await (const token of tokens) process.stdout.write(tokenizer.decode([token]))
  process.stdout.write("\n")
}

/** @throws NABLA_FILE_NOT_FOUND or NABLA_FILE_FORMAT when the folder holds no run of a language model */
async function languageModelOf(
  run: string,
): Promise<{ model: Module; tokenizer: Tokenizer; context: number }> {
  const { recipe, model: options, data } = await readConfig(join(run, "config.json"))
  const tokenizer = tokenizerFrom(data.tokenizer)
  const model = languageModel(recipe, tokenizer.size, options)
  const { tensors } = await loadSafetensors(join(run, "model.safetensors"))
  model.loadStateDict(tensors)
  return { model, tokenizer, context: options.context as number }
}

async function readConfig(path: string): Promise<RunConfig> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === "ENOENT" ? "NABLA_FILE_NOT_FOUND" : "NABLA_FILE_UNREADABLE"
    throw new NablaError(code, { message: `there is no run: ${cause.message}`, where: path, cause })
  })
  let config: Partial<RunConfig> | null = null
  try {
    config = JSON.parse(text) as Partial<RunConfig>
  } catch {
    // Said below.
  }
  if (config?.data?.tokenizer !== undefined && config.model !== undefined && config.recipe !== undefined)
    return config as RunConfig
  throw new NablaError("NABLA_FILE_FORMAT", {
    message: "this is not the configuration of a language model's run",
    expected: "a run of the recipes gpt or char-rnn",
    got: config?.recipe === undefined ? "something else" : `a run of the recipe ${config.recipe}`,
    where: path,
  })
}
