import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { measureCsv } from "./measure.ts"

test("a CSV streams through whitening and an epoch in memory that does not grow with it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nabla-csv-"))
  try {
    const { rows, loss, epoch } = await measureCsv(folder, 30_000, 30)
    expect(rows).toBe(30_000)
    expect(loss).toBeLessThan(0.6)
    expect(epoch.megabytes).toBeLessThan(400)
  } finally {
    await rm(folder, { recursive: true })
  }
}, 120_000)
