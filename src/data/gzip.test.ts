import { gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { gunzip, gunzipIfNeeded, isGzip } from "./gzip.ts"

const refused = expect.objectContaining({
  code: "NABLA_FILE_FORMAT",
  message: expect.stringContaining("file.gz: "),
})
const plain = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i * 31) >> 7)
const packed = new Uint8Array(gzipSync(plain))

describe("gunzip", () => {
  it("gives back what was packed", async () => {
    expect(Buffer.from(await gunzip(packed, "file.gz")).equals(Buffer.from(plain))).toBe(true)
    expect(await gunzip(new Uint8Array(gzipSync(new Uint8Array(0))), "file.gz")).toEqual(new Uint8Array(0))
  })

  it.each([2, 5, 10, 1000, packed.length - 8, packed.length - 1])(
    "refuses a file cut to %i bytes",
    async (length) => {
      await expect(gunzip(packed.subarray(0, length), "file.gz")).rejects.toEqual(refused)
    },
  )

  it("refuses damage: a changed byte, a wrong check sum, something behind the end", async () => {
    for (const position of [600, packed.length - 6]) {
      const changed = packed.slice()
      changed[position]! ^= 0xff
      await expect(gunzip(changed, "file.gz")).rejects.toEqual(refused)
    }
    await expect(gunzip(Uint8Array.from([...packed, 1, 2, 3]), "file.gz")).rejects.toEqual(refused)
  })

  it("refuses what is no gzip file, and one that unpacks beyond the limit", async () => {
    await expect(gunzip(plain, "file.gz")).rejects.toEqual(refused)
    await expect(gunzip(new Uint8Array(0), "file.gz")).rejects.toEqual(refused)
    await expect(gunzip(packed, "file.gz", 1000)).rejects.toEqual(refused)
  })

  it("is skipped for plain bytes where either may come", async () => {
    expect(isGzip(packed)).toBe(true)
    expect(isGzip(Uint8Array.of(0x1f))).toBe(false)
    expect(await gunzipIfNeeded(plain, "file")).toBe(plain)
    expect((await gunzipIfNeeded(packed, "file")).length).toBe(plain.length)
  })
})
