import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { DataLoader, gauss } from "../data/index.ts"
import type { TfEvent } from "../io/index.ts"
import { decodeEvents } from "../io/index.ts"
import * as nn from "../nn/index.ts"
import * as optim from "../optim/index.ts"
// Under its own name the linter takes it for a focused test.
import { fit as fitModel } from "./fit.ts"
import type { TensorBoardOptions } from "./tensorboard.ts"
import { TensorBoardRecorder } from "./tensorboard.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nabla-events-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const files = (): string[] => readdirSync(folder).sort()
const eventsOf = (file: string): Promise<TfEvent[]> => decodeEvents(readFileSync(join(folder, file)))

/** Trains for two epochs of four steps. */
async function train(options: TensorBoardOptions): Promise<TensorBoardRecorder> {
  const model = nn.sequential(nn.linear(2, 2))
  const data = new DataLoader(gauss({ n: 20 }), { batchSize: 5 })
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.5 })
  const recorder = new TensorBoardRecorder({ folder, ...options })
  await fitModel(model, data, { optimizer, epochs: 2, test: data, listeners: [recorder] })
  return recorder
}

/** Steps under each tag. */
function stepsByTag(events: readonly TfEvent[]): Record<string, number[]> {
  const found: Record<string, number[]> = {}
  for (const { step = 0, values = [] } of events)
    for (const { tag } of values) found[tag] = [...(found[tag] ?? []), step]
  return found
}

describe("TensorBoardRecorder", () => {
  test("writes steps, epochs, the configuration and distributions", async () => {
    await train({ config: { lr: 0.5 }, histograms: true })
    expect(files()).toEqual([expect.stringMatching(/^events[.]out[.]tfevents[.]\d{10}[.]/)])
    const events = await eventsOf(files()[0]!)
    expect(events[0]).toMatchObject({ fileVersion: "brain.Event:2" })
    const steps = [1, 2, 3, 4, 5, 6, 7, 8]
    expect(stepsByTag(events)).toMatchObject({
      config: [0],
      "step/loss": steps,
      "step/lr": steps,
      "train/loss": [4, 8],
      "test/loss": [4, 8],
      "parameters/0.weight": [4, 8],
    })
    const rate = events.flatMap(({ values = [] }) => values).find(({ tag }) => tag === "step/lr")
    expect(rate).toEqual({ tag: "step/lr", scalar: 0.5 })
  })

  test("goes on in the same file from where a checkpoint was taken, without what came after it", async () => {
    const first = new TensorBoardRecorder({ folder })
    const step = (n: number) =>
      ({
        epoch: 1,
        epochs: 1,
        batch: n,
        step: n,
        samples: 1,
        values: { loss: n },
        means: {},
        seconds: 0,
      }) as const
    await first.onStart()
    first.onStep(step(1))
    first.onStep(step(2))
    const state = JSON.parse(JSON.stringify(first.stateDict())) as ReturnType<typeof first.stateDict>
    first.onStep(step(3))
    first.onEnd()
    // The process was killed while it wrote.
    appendFileSync(join(folder, state.file), Uint8Array.of(1, 2, 3))
    const second = new TensorBoardRecorder({ folder })
    await second.onStart()
    second.loadStateDict(state)
    second.onStep(step(3))
    second.onEnd()
    expect(files()).toEqual([state.file])
    expect(stepsByTag(await eventsOf(state.file))).toEqual({ "step/loss": [1, 2, 3] })
  })

  test("a new file beside an earlier one says from which step on it counts", async () => {
    await train({})
    await train({})
    const [, second] = files()
    const [version, start] = await eventsOf(second!)
    expect(version).toMatchObject({ fileVersion: "brain.Event:2" })
    expect(start).toMatchObject({ sessionStart: true, step: 1 })
  })
})
