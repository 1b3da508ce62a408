import { spawnSync } from "node:child_process"
import { describe, expect, it } from "vitest"
import { runScript } from "../../code/script.ts"
import type { Session } from "../../engine/protocol.ts"
import type { Command, View } from "../messages.ts"
import { run } from "../run.ts"
import type { Values } from "../state.ts"
import { defaults } from "../state.ts"
import { nablaScript } from "./nabla-script.ts"
import { torchScript } from "./torch-script.ts"

/** What is on the screen after an epoch, as scripts. */
async function scripts(changed: Partial<Values>): Promise<{ nabla: string; torch: string }> {
  const inbox: Command[] = []
  const session: Session<Command> = {
    signal: new AbortController().signal,
    commands: () => inbox.splice(0),
    idle: async () => {},
    show: async () => {},
  }
  const values = { ...defaults, stopEpoch: 10, batchSize: 25, noise: 10, ...changed }
  const running = run({ values, weights: null }, session)
  const { setup } = (await running.next()).value as View
  inbox.push({ kind: "step" })
  const view = (await running.next()).value as View
  await running.return(undefined)
  return { nabla: nablaScript(values, view, setup!), torch: torchScript(values, view, setup!) }
}

const numbersOf = (text: string): number[] =>
  text.split(/\s+/).flatMap((word) => (word === "" || Number.isNaN(Number(word)) ? [] : [Number(word)]))

/** What a script of nabla prints: epochs with their losses. */
async function ofNabla(script: string): Promise<number[]> {
  const lines: string[] = []
  await runScript(script, { console: { log: (...values: unknown[]) => lines.push(values.join(" ")) } })
  return numbersOf(lines.join("\n"))
}

const python = "/usr/bin/python3"
const hasTorch = spawnSync(python, ["-c", "import torch"]).status === 0
if (!hasTorch) console.log(`skipped: exported PyTorch scripts: ${python} has no torch`)

function ofTorch(script: string): number[] {
  const { stdout, stderr, status } = spawnSync(python, ["-c", script], { encoding: "utf8" })
  expect(stderr).toBe("")
  expect(status).toBe(0)
  return numbersOf(stdout)
}

/** Without NAdam: PyTorch 1.13 has one factor μ too many in its denominator. */
const cases: [name: string, values: Partial<Values>][] = [
  ["the default", {}],
  ["Adam, batch norm and a loss", { optimizer: "adam", norm: "batch", loss: "huber", learningRate: 0.01 }],
  ["a norm for each layer, residual", { norms: "layer,none,batch", networkShape: "4,4,4", skip: "residual" }],
  [
    "features to every layer, L2",
    { skip: "inputs", regularization: "L2", regularizationRate: 0.01, sinX: true },
  ],
  [
    "activations by layer, L1, Nesterov",
    { activations: "gelu,selu", regularization: "L1", regularizationRate: 0.003, optimizer: "nesterov" },
  ],
  ["three classes, RMSprop", { problem: "multiclass", optimizer: "rmsprop", learningRate: 0.003 }],
  [
    "a regression, own features",
    { problem: "regression", percTrainData: 20, formulas: "sqrt(x^2+y^2); x*sin(y)/4", optimizer: "adamW" },
  ],
  ["TensorFlow Playground’s algorithm", { mode: "playground", activation: "relu" }],
  ["hinge, AdaDelta", { loss: "hinge", optimizer: "adadelta", learningRate: 1 }],
  ["absolute error, Adamax", { loss: "mae", optimizer: "adamax", learningRate: 0.003, activation: "silu" }],
]

/** PyTorch takes seconds to be loaded, and more on a busy machine. */
const timeout = 120_000

describe("the two scripts train alike", { timeout }, () => {
  it.skipIf(!hasTorch).each(cases)("%s", async (_, values) => {
    const { nabla, torch } = await scripts(values)
    const [ours, theirs] = [await ofNabla(nabla), ofTorch(torch)]
    expect(ours).toHaveLength(3)
    expect(theirs).toHaveLength(3)
    // Double precision through 100 steps and more; the order of sums differs.
    for (const [i, value] of ours.entries())
      expect(Math.abs(value - theirs[i]!)).toBeLessThan(1e-8 * Math.max(1, value))
  })
})

describe("the script of nabla runs", { timeout }, () => {
  const optimizers = [
    "muon",
    "sam",
    "sophia",
    "newton",
    "lbfgs",
    "hessianFree",
    "gaussNewton",
    "levenbergMarquardt",
    "naturalGradient",
  ]
  it.each(optimizers)("%s", async (optimizer) => {
    const values = {
      optimizer,
      loss: "square",
      learningRate: 0.1,
      regularization: "L2",
      regularizationRate: 0.001,
    }
    const { nabla } = await scripts({ ...values, stopEpoch: 10 })
    const losses = await ofNabla(nabla)
    expect(losses).toHaveLength(3)
    expect(losses.every(Number.isFinite)).toBe(true)
  })

  it("with dropout", async () => {
    const { nabla, torch } = await scripts({ dropout: 0.2 })
    expect((await ofNabla(nabla)).every(Number.isFinite)).toBe(true)
    if (hasTorch) expect(ofTorch(torch).every(Number.isFinite)).toBe(true)
  })
})
