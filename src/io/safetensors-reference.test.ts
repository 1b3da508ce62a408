import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { ones, tensor } from "../tensor/index.ts"
import { decodeSafetensors, encodeSafetensors } from "./index.ts"
import { loadSafetensors, openSafetensors } from "./node.ts"

/** Written by the Python package safetensors 0.8 (`safetensors.numpy.save`), with the metadata that PyTorch's files have. */
const reference =
  "0AEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJzdGVwcyI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbMV0s" +
  "ImRhdGFfb2Zmc2V0cyI6WzAsOF19LCJ3aWRlIjp7ImR0eXBlIjoiRjY0Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbOCwy" +
  "NF19LCJsaW5lYXIuYmlhcyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzI0LDMyXX0sImxpbmVh" +
  "ci53ZWlnaHQiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsM10sImRhdGFfb2Zmc2V0cyI6WzMyLDU2XX0sInNjYWxhciI6eyJk" +
  "dHlwZSI6IkYzMiIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbNTYsNjBdfSwiaGFsZiI6eyJkdHlwZSI6IkYxNiIsInNoYXBl" +
  "IjpbM10sImRhdGFfb2Zmc2V0cyI6WzYwLDY2XX0sIm1hc2siOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlsxLDJdLCJkYXRhX29m" +
  "ZnNldHMiOls2Niw2OF19fSAgICAgIAcAAAAAAAAAGC1EVPshCUAAAAAAAAAAgAAAAD8AAIC/AAAAAAAAgD4AAAA/AABAPwAAgD8A" +
  "AKA/AABQQAA+AMD/ewEA"

const bytes = Uint8Array.from(Buffer.from(reference, "base64"))

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nabla-safetensors-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe("a file of the Python package", () => {
  test("is read", async () => {
    const { tensors, metadata } = decodeSafetensors(bytes)
    expect(metadata).toEqual({ format: "pt" })
    const read = Object.entries(tensors).map(async ([name, t]) => [
      name,
      [t.dtype, t.shape, [...(await t.data())]],
    ])
    expect(Object.fromEntries(await Promise.all(read))).toEqual({
      "linear.weight": ["float32", [2, 3], [0, 0.25, 0.5, 0.75, 1, 1.25]],
      "linear.bias": ["float32", [2], [0.5, -1]],
      half: ["float32", [3], [1.5, -2, 65504]],
      steps: ["int32", [1], [7]],
      mask: ["bool", [1, 2], [1, 0]],
      wide: ["float64", [2], [Math.PI, -0]],
      scalar: ["float32", [], [3.25]],
    })
  })

  test("is written again byte for byte, where the types are those of tensors", async () => {
    const { half: _, steps: __, ...tensors } = decodeSafetensors(bytes).tensors
    const again = await encodeSafetensors(tensors, { format: "pt" })
    expect(decodeSafetensors(again).metadata).toEqual({ format: "pt" })
    expect(await encodeSafetensors(decodeSafetensors(again).tensors, { format: "pt" })).toEqual(again)
  })
})

describe("openSafetensors", () => {
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const index = (map: object): string =>
    write("model.safetensors.index.json", JSON.stringify({ weight_map: map }))

  test("reads one tensor at a time", async () => {
    const archive = await openSafetensors(write("model.safetensors", bytes))
    expect(archive.names).toContain("linear.weight")
    expect([...(await (await archive.read("linear.bias")).data())]).toEqual([0.5, -1])
    await expect(archive.read("other")).rejects.toMatchObject({ code: "NABLA_FILE_FORMAT" })
    await archive.close()
  })

  test("reads models in several files, each when it is needed", async () => {
    write("model-00001-of-00002.safetensors", await encodeSafetensors({ a: ones([2]) }))
    write("model-00002-of-00002.safetensors", await encodeSafetensors({ b: tensor([3, 4]) }))
    const path = index({
      a: "model-00001-of-00002.safetensors",
      b: "model-00002-of-00002.safetensors",
      c: "model-00003-of-00002.safetensors",
    })
    const archive = await openSafetensors(path)
    expect(archive.names).toEqual(["a", "b", "c"])
    expect([...(await (await archive.read("b")).data())]).toEqual([3, 4])
    await expect(archive.read("c")).rejects.toMatchObject({ code: "NABLA_FILE_NOT_FOUND" })
    await archive.close()
    await expect(loadSafetensors(path)).rejects.toMatchObject({ code: "NABLA_FILE_NOT_FOUND" })
    const whole = await loadSafetensors(index({ a: "model-00001-of-00002.safetensors" }))
    expect(Object.keys(whole.tensors)).toEqual(["a"])
  })

  test.each([
    ["no JSON", "{"],
    ["no map", "{}"],
    ["a list", '{ "weight_map": [1] }'],
    ["a path out of the folder", '{ "weight_map": { "a": "../secret.safetensors" } }'],
    ["a file that is no name", '{ "weight_map": { "a": 3 } }'],
  ])("refuses an index with %s", async (_, text) => {
    const path = write("model.safetensors.index.json", text)
    await expect(openSafetensors(path)).rejects.toMatchObject({ code: "NABLA_FILE_FORMAT" })
  })
})
