import { describe, expect, it } from "vitest"
import type { Session } from "../engine/protocol.ts"
import type { Command, View } from "./messages.ts"
import { isView } from "./messages.ts"
import { run } from "./run.ts"
import type { Values } from "./state.ts"
import { controls, defaults } from "./state.ts"

/** Gives a run one command after another, and what it shows after each. */
async function drive(changed: Partial<Values>, ...commands: Command[]): Promise<View[]> {
  const inbox: Command[] = []
  const session: Session<Command> = {
    signal: new AbortController().signal,
    commands: () => inbox.splice(0),
    idle: async () => {},
    show: async () => {},
  }
  const views: View[] = []
  const running = run({ values: { ...defaults, ...changed }, weights: null }, session)
  for (let next = await running.next(); !next.done; next = await running.next()) {
    if (isView(next.value)) views.push(next.value)
    const command = commands.shift()
    if (command === undefined) break
    inbox.push(command)
  }
  await running.return?.(undefined)
  return views
}

const step: Command = { kind: "step" }
const weights = ({ layers }: View): number[] => layers.flatMap(({ weight, bias }) => [...weight, ...bias])

describe("a run", () => {
  it("shows maps of all units, scores and the data", async () => {
    const [first, second] = await drive({}, step)
    expect(first!.setup!.train).toHaveLength(250)
    expect(first!.setup!.parameters).toBe(25)
    expect(first!.maps.map(({ length }) => length / first!.resolution ** 2)).toEqual([4, 2, 1])
    expect(second!.epoch).toBe(1)
    expect(second!.steps).toBe(25)
    expect(second!.setup).toBeNull()
    expect(second!.losses.epochs).toEqual([0, 1])
    expect(second!.instruments).toHaveLength(3)
  })

  it("goes back to a recorded epoch, and on from there as before", async () => {
    const views = await drive(
      { optimizer: "adam", learningRate: 0.01 },
      step,
      step,
      step,
      { kind: "rewind", to: 1 },
      step,
      step,
    )
    expect(views[4]!.epoch).toBe(1)
    expect(weights(views[4]!)).toEqual(weights(views[1]!))
    expect(weights(views[6]!)).toEqual(weights(views[3]!))
    expect(views[4]!.losses.epochs).toEqual([0, 1])
  })

  it("takes a weight that is set by hand", async () => {
    const edit = { layer: 1, unit: 2, input: 1, value: 3.5 }
    const views = await drive(
      {},
      { kind: "edit", edit },
      { kind: "edit", edit: { ...edit, input: "b", value: -1 } },
    )
    expect(views[2]!.layers[0]!.weight[5]).toBe(3.5)
    expect(views[2]!.layers[0]!.bias[2]).toBe(-1)
  })

  it("names the step and the layer at which a run diverges, and is back at the last good epoch", async () => {
    const views = await drive(
      { problem: "regression", activation: "relu", learningRate: 10, mode: "playground" },
      ...Array.from({ length: 40 }, () => step),
    )
    const last = views.find(({ status }) => status === "diverged")!
    expect(last.divergence!.step).toBeGreaterThan(0)
    expect(last.divergence!.layer).toBeGreaterThan(0)
    expect(weights(last).every(Number.isFinite)).toBe(true)
    expect(last.epoch).toBe(last.divergence!.epoch - 1)
  })

  it("stops where it is told to", async () => {
    const values = { ...defaults, stopEpoch: 3, speed: "10" }
    // On a slow machine three epochs take more than one turn.
    const turns = Array.from({ length: 20 }, (): Command => ({ kind: "apply", values }))
    const views = await drive(values, { kind: "play", on: true }, ...turns)
    expect(views.at(-1)).toMatchObject({ status: "stopped", epoch: 3, reason: "epoch 3 is reached" })
  })

  it("has the exact spectrum of the default network's 25 parameters", async () => {
    const views = await drive({}, step, { kind: "spectrum" })
    const { spectrum } = views[2]!
    expect(spectrum!.values).toHaveLength(25)
    expect(spectrum!.stableRate).toBeCloseTo(2 / spectrum!.values[24]!)
  })

  it("asks the doctor, who finds that all units are the same after a start at zero", async () => {
    const views = await drive({ initZero: true, activation: "relu" }, { kind: "doctor" }, step)
    const names = views[1]!.diagnosis!.findings.map(({ name }) => name)
    expect(names.length).toBeGreaterThan(0)
    expect(structuredClone(views[1]!.diagnosis)).toEqual(views[1]!.diagnosis)
    expect(views[1]!.layers).toEqual(views[0]!.layers)
    expect(views[2]!.diagnosis).toBeNull()
    const asked = await drive({ optimizer: "adam" }, step, { kind: "doctor" }, step)
    const unasked = await drive({ optimizer: "adam" }, step, step)
    expect(weights(asked[3]!)).toEqual(weights(unasked[2]!))
  })

  it("explains an empty data set, shows what there is, and trains nothing", async () => {
    const [, after] = await drive({ dataset: "own" }, { kind: "play", on: true }, step, { kind: "doctor" })
    expect(after!.problem!.message).toContain("no point to train on")
    const views = await drive({ dataset: "own", points: "1,2,1" }, step)
    expect(views[1]!.problem!.message).toContain("50 % of 1 is none")
    expect([views[1]!.epoch, views[1]!.status]).toEqual([0, "paused"])
    expect(views[0]!.setup!.test).toHaveLength(1)
    expect(views[0]!.maps).toHaveLength(3)
  })

  it("explains a missing input and a formula that is none", async () => {
    await expect(drive({ x: false, y: false })).rejects.toThrow("no input")
    await expect(drive({ formulas: "x +" })).rejects.toThrow()
  })

  it("tells what the doctor notices as it arises, and changes nothing by looking", async () => {
    const views = await drive({ initZero: true, activation: "relu" }, step, step, step)
    const symmetric = views[1]!.arisen.find(({ finding }) => finding.name === "symmetric-initialisation")
    expect(symmetric).toMatchObject({ since: 1, finding: { severity: "error" } })
    expect(views[3]!.arisen.map(({ since }) => since)).toContain(1)
    expect((await drive({}, step))[1]!.arisen).toEqual([])
    const linear = await drive({ activation: "linear" }, step, { kind: "rewind", to: 0 })
    expect(linear[1]!.arisen.map(({ finding }) => finding.name)).toContain("linear-stack")
    expect(linear[2]!.arisen).toEqual([])
  })

  it("has a second run beside it, with the same seeds and at the same epoch", async () => {
    const views = await drive(
      { compare: "optimizer=adam&regularization=L2", stopEpoch: 2 },
      step,
      step,
      { kind: "rewind", to: 1 },
      step,
    )
    const [start, , two, back, again] = views
    expect(start!.other!.train.loss).toBe(start!.train.loss)
    expect(two!.other!.epoch).toBe(2)
    expect(two!.other!.train.loss).not.toBe(two!.train.loss)
    expect(back!.other!.epoch).toBe(1)
    expect(again!.other!.train.loss).toBe(two!.other!.train.loss)
    const [, alone] = await drive({ optimizer: "adam", regularization: "L2" }, step)
    expect(views[1]!.other!.train.loss).toBe(alone!.train.loss)
  })

  it("says which loss an optimizer asks for", async () => {
    await expect(drive({ optimizer: "levenbergMarquardt" })).rejects.toThrow("a sum of squares")
    const penalised = { optimizer: "gaussNewton", loss: "square", regularization: "L1" }
    await expect(drive(penalised)).rejects.toThrow("a sum of squares")
    await expect(drive({ optimizer: "naturalGradient", loss: "hinge" })).rejects.toThrow("a likelihood")
  })

  it("takes the loss down by methods of second order, and by SAM and Sophia", async () => {
    const small = { loss: "square", networkShape: "3", batchSize: 250, stopEpoch: 3 }
    for (const optimizer of [
      "newton",
      "lbfgs",
      "hessianFree",
      "gaussNewton",
      "levenbergMarquardt",
      "naturalGradient",
    ]) {
      const views = await drive({ ...small, optimizer, learningRate: 0.5 }, step, step, step)
      expect(views[3]!.train.loss, optimizer).toBeLessThan(views[0]!.train.loss)
    }
    for (const optimizer of ["sam", "sophia"]) {
      const views = await drive({ optimizer, learningRate: 0.01 }, step, step, step)
      expect(views[3]!.train.loss, optimizer).toBeLessThan(views[0]!.train.loss)
    }
  })

  it("has a normalisation for each layer, and dropout that a rewind repeats", async () => {
    const [first] = await drive({ norms: "batch,layer" })
    const names = first!.state.map(({ name }) => name)
    expect(names).toContain("norms.0.running_mean")
    expect(names).not.toContain("norms.1.running_mean")
    expect(names).toContain("norms.1.weight")
    const back: Command = { kind: "rewind", to: 0 }
    const views = await drive({ dropout: 0.3 }, step, step, back, step, step)
    expect(weights(views[5]!)).toEqual(weights(views[2]!))
    const [, plain] = await drive({}, step)
    expect(weights(views[1]!)).not.toEqual(weights(plain!))
  })

  it("learns three classes, own points and own features", async () => {
    const [, , , multi] = await drive({ problem: "multiclass" }, step, step, step)
    expect(multi!.train.confusion).toHaveLength(3)
    const [own] = await drive({ dataset: "own", points: "1,1,1;-1,-1,-1;2,2,1;-2,-2,0" })
    expect(own!.setup!.train).toHaveLength(2)
    const [formula] = await drive({ formulas: "sqrt(x^2+y^2); x*y" })
    expect(formula!.layers[0]!.inputs).toBe(4)
  })
})

describe("every choice trains", () => {
  const choices = (["optimizer", "loss", "init", "norm", "skip", "schedule", "activation"] as const).flatMap(
    (name) => controls[name].options.map(([value]) => [name, value] as const),
  )
  it.each(choices)("%s %s", async (name, value) => {
    const squares = value === "gaussNewton" || value === "levenbergMarquardt"
    const loss = squares ? { loss: "square" } : {}
    const views = await drive({ networkShape: "3,3", ...loss, [name]: value }, step, step)
    expect(views[2]!.epoch).toBe(2)
    expect(weights(views[2]!).every(Number.isFinite)).toBe(true)
    if (value !== "zeros") expect(weights(views[2]!)).not.toEqual(weights(views[0]!))
  })
})
