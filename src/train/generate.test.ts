import { describe, expect, test } from "vitest"
import * as nn from "../nn/index.ts"
import { type Tensor, tensor } from "../tensor/index.ts"
import { type GenerateOptions, generate } from "./generate.ts"

/** Says that the token after k is k + 1, almost surely; of four tokens. */
class Counting extends nn.Module {
  readonly table = tensor([
    [0, 9, 0, 0],
    [0, 0, 9, 0],
    [0, 0, 0, 9],
    [9, 0, 0, 0],
  ])
  forward(tokens: Tensor): Tensor {
    return this.table.indexSelect(0, tokens.reshape([-1])).reshape([...tokens.shape, 4])
  }
}

async function tokens(options: Partial<GenerateOptions>): Promise<number[]> {
  const made: number[] = []
  for await (const token of generate(new Counting(), { context: 3, prompt: [0], length: 6, ...options }))
    made.push(token)
  return made
}

describe("generate", () => {
  test("goes on from the last token, beyond the context", async () => {
    expect(await tokens({ temperature: 0 })).toEqual([1, 2, 3, 0, 1, 2])
    expect(await tokens({ topK: 1, prompt: [0, 1, 2, 3, 0, 1] })).toEqual([2, 3, 0, 1, 2, 3])
  })

  test("draws by the temperature, the same with the same seed", async () => {
    const options = { temperature: 50, length: 40, seed: 3 }
    const made = await tokens(options)
    expect(new Set(made).size).toBe(4)
    expect(made.filter((token, i) => i > 0 && token === (made[i - 1]! + 1) % 4).length).toBeLessThan(30)
    expect(await tokens(options)).toEqual(made)
    expect(await tokens({ ...options, seed: 4 })).not.toEqual(made)
    expect((await tokens({ length: 40 })).length).toBe(40)
  })

  test("leaves the model in the mode that it was in", async () => {
    const model = new Counting()
    for await (const _ of generate(model, { context: 2, prompt: [1], length: 1 }))
      expect(model.training).toBe(false)
    expect(model.training).toBe(true)
  })

  test.each([
    { context: 0 },
    { prompt: [] },
    { length: -1 },
    { temperature: -1 },
    { temperature: Number.NaN },
    { topK: 0 },
  ])("%o is refused", async (options) => {
    await expect(tokens(options)).rejects.toThrow("NABLA_INVALID_ARGUMENT")
  })
})
