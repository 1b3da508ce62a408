import { NablaError, Random } from "../base/index.ts"
import type { Module } from "../nn/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { compile, noGrad, tensor } from "../tensor/index.ts"

export interface GenerateOptions {
  /** Tokens that the model reads at once; those before them are forgotten. */
  readonly context: number
  /** Tokens to begin with, at least one. */
  readonly prompt: ArrayLike<number>
  /** How many tokens to make. */
  readonly length: number
  /** Logits are divided by this: below 1 the likely tokens become likelier; 0 takes the likeliest. Default: 1. */
  readonly temperature?: number
  /** Draws among so many of the likeliest tokens. Default: all. */
  readonly topK?: number
  /** Any whole number. Default: 0. */
  readonly seed?: number
}

/**
 * Goes on with a sequence, token by token: each is drawn from what the model says of the next one,
 *
 *     p(token) ∝ exp(logit/temperature)
 *
 * @param model causal: [1, context] int32 → logits [1, context, vocabulary], where no place looks at later ones
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example
 * const options = { context: 64, prompt: tokenizer.encode("ROMEO:"), length: 200, temperature: 0.8 }
 * for await (const token of generate(model, options)) process.stdout.write(tokenizer.decode([token]))
 */
export async function* generate(
  model: Module,
  options: GenerateOptions,
): AsyncGenerator<number, void, undefined> {
  const { context, prompt, length, temperature = 1, topK = Infinity, seed = 0 } = options
  check("context", context, context >= 1)
  check("prompt", prompt.length, prompt.length >= 1)
  check("length", length, length >= 0)
  check("temperature", temperature, temperature >= 0)
  check("topK", topK, topK >= 1)
  const random = new Random(seed)
  const tokens = Array.from(prompt)
  // One form for all lengths: what stands behind the last token is not looked at.
  const next = compile((window: Tensor, last: Tensor) =>
    noGrad(() => model.forward(window).select(0, 0).indexSelect(0, last)),
  )
  const wasTraining = model.training
  model.eval()
  try {
    for (let i = 0; i < length; i++) {
      const seen = tokens.slice(-context)
      const window = tensor(
        Int32Array.from({ length: context }, (_, k) => seen[k] ?? 0),
        { shape: [1, context] },
      )
      const last = tensor(Int32Array.of(seen.length - 1))
      const logits = await next(window, last).data()
      const token = draw(logits, temperature, topK, random)
      tokens.push(token)
      yield token
    }
  } finally {
    model.train(wasTraining)
  }
}

function draw(logits: ArrayLike<number>, temperature: number, topK: number, random: Random): number {
  const order = Array.from(logits, (logit, token) => ({ logit, token })).sort((a, b) => b.logit - a.logit)
  const [best] = order
  if (temperature === 0 || best === undefined) return best?.token ?? 0
  const kept = order.slice(0, topK)
  const weights = kept.map(({ logit }) => Math.exp((logit - best.logit) / temperature))
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
  const at = weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
  return kept[at === -1 ? kept.length - 1 : at]!.token
}

function check(name: string, value: number, right: boolean): void {
  if (right) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} is out of range`,
    expected: name === "temperature" || name === "length" ? "a number ≥ 0" : "at least 1",
    got: String(value),
    where: "generate",
  })
}
