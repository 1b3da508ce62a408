import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { encodePng } from "../io/index.ts"
import { tensor } from "../tensor/index.ts"
import { loadImageFolder } from "./image-folder.ts"

const root = mkdtempSync(join(tmpdir(), "nabla-images-"))
afterAll(() => rmSync(root, { recursive: true }))

const flat = (rgb: readonly number[], height: number, width: number) =>
  encodePng(tensor(rgb, { shape: [3, 1, 1] }).expand([3, height, width]))

for (const name of ["dogs", "cats", "empty"]) mkdirSync(join(root, name))
writeFileSync(join(root, "dogs", "b.png"), await flat([1, 0, 0], 4, 4))
writeFileSync(join(root, "cats", "2.PNG"), await flat([0, 1, 0], 4, 8))
writeFileSync(join(root, "cats", "1.png"), await flat([0, 0, 0.2], 2, 2))
writeFileSync(join(root, "cats", "notes.txt"), "no picture")

test("a folder for each class", async () => {
  const { length, inputShape, classNames, targets, inputs, files } = await loadImageFolder(root, {
    size: [2, 3],
  })
  expect([length, inputShape, classNames, [...targets]]).toEqual([3, [3, 2, 3], ["cats", "dogs"], [0, 0, 1]])
  expect(files.map((file) => file.slice(root.length + 1))).toEqual(["cats/1.png", "cats/2.PNG", "dogs/b.png"])
  expect(Array.from(inputs.subarray(0, 18))).toEqual([
    ...Array(12).fill(0),
    ...Array(6).fill(Math.fround(0.2)),
  ])
  expect(Array.from(inputs.subarray(36))).toEqual([...Array(6).fill(1), ...Array(12).fill(0)])
  const grey = await loadImageFolder(root, { size: 2, channels: 1 })
  expect([grey.inputShape, grey.inputs.length]).toEqual([[1, 2, 2], 12])
})

test("what cannot be read is named", async () => {
  await expect(loadImageFolder(join(root, "nowhere"), { size: 2 })).rejects.toThrow("NABLA_FILE_NOT_FOUND")
  await expect(loadImageFolder(join(root, "cats"), { size: 2 })).rejects.toThrow("NABLA_EMPTY_DATA")
  await expect(loadImageFolder(root, { size: 0 })).rejects.toThrow("NABLA_INVALID_ARGUMENT")
  writeFileSync(join(root, "dogs", "broken.png"), new Uint8Array(100))
  await expect(loadImageFolder(root, { size: 2 })).rejects.toThrow(/broken\.png[\s\S]*NABLA_FILE_FORMAT/)
})
