import { expect, test } from "vitest"
import { closest } from "./closest.ts"
import { parseConfig } from "./read-config.ts"
import { configKeys } from "./schema.ts"

test("the closest key is found, and none for a word that is like none", () => {
  expect(closest("batchsize", configKeys)).toBe("batchSize")
  expect(closest("earlystop", configKeys)).toBe("earlyStopping")
  expect(closest("zzzzzz", configKeys)).toBeNull()
})

test("data are data: no types that make objects, nothing that refers to itself, nothing that multiplies", async () => {
  const refused = async (text: string, reason: RegExp) =>
    expect(parseConfig(text, "yaml", "f")).rejects.toThrow(reason)
  expect(await parseConfig("epochs: 2\n", "yaml", "f")).toEqual({ epochs: 2 })
  await refused("name: !!js/function 'function () {}'\nepochs: !!set {a}\n", /NABLA_CONFIG/)
  await refused("recipe: &a {name: x, options: *a}\n", /NABLA_CONFIG/)
  const layers = Array.from({ length: 30 }, (_, i) => `k${i}: &k${i} [${`*k${i - 1},`.repeat(9)}]`).slice(1)
  await refused(`k0: &k0 [1]\n${layers.join("\n")}\n`, /NABLA_CONFIG/)
  await expect(parseConfig('{"__proto__": {"epochs": 3}}', "json", "f")).rejects.toThrow("NABLA_CONFIG")
  await expect(parseConfig("null", "json", "f")).rejects.toThrow(/an object with the options/)
})
