import type { data, Tensor } from "nabla"
import { nn, optim } from "nabla"
import { zooCases } from "../case.ts"
import type { Model } from "../subjects.ts"
import { conv, digits, loader, net, points, Reader, series, table, tableOfClasses } from "../subjects.ts"

type Dataset = data.ArrayDataset
type Change = (value: number, feature: number, row: readonly number[]) => number

/** A data set with features that are something else. */
export function changed(dataset: Dataset, change: Change): Dataset {
  const width = dataset.inputs.length / dataset.length
  const rows = Array.from({ length: dataset.length }, (_, i) => [
    ...dataset.inputs.subarray(i * width, (i + 1) * width),
  ])
  const inputs = Float32Array.from(rows.flatMap((row) => row.map((value, f) => change(value, f, row))))
  return { ...dataset, inputs }
}

const sgd = (model: Model, lr = 0.05) => optim.sgd(model.parameters(), { lr, momentum: 0.9 })
const adam = (model: Model, lr = 3e-3) => optim.adam(model.parameters(), { lr })

const plane = (change: Change) => {
  const model = net([2, 24, 2], { activation: nn.tanh })
  return [model, loader(changed(points("moons"), change)), { optimizer: sgd(model) }] as const
}

const cells = async (change: Change) => {
  const model = net([8, 32, 32, 1])
  return [
    model,
    loader(changed(await table(), change)),
    { optimizer: adam(model), loss: nn.mse as (a: Tensor, b: Tensor) => Tensor },
  ] as const
}

const classes = async (change: Change) => {
  const model = net([8, 24, 3], { activation: nn.tanh })
  return [
    model,
    loader(changed(await tableOfClasses({ seed: 3 }), change)),
    { optimizer: sgd(model, 0.02) },
  ] as const
}

const pictures = (change: Change) => {
  const model = conv()
  return [model, loader(changed(digits(), change)), { optimizer: adam(model) }] as const
}

const reading = (change: Change) => {
  const model = new Reader(2, 16, 2)
  return [model, loader(changed(series(), change)), { optimizer: adam(model) }] as const
}

export const inputsNotCentredCases = zooCases(
  "inputs-not-centred",
  {
    sick: {
      "moons-by-10": () => plane((v) => v + 10),
      "table-by-12": () => cells((v, f) => v + (f % 2 === 0 ? 12 : -12)),
      "classes-by-8": () => classes((v) => v + 8),
      "digits-by-15": () => pictures((v) => v + 15),
    },
    healthy: {
      moons: () => plane((v) => v),
      table: () => cells((v) => v),
      "classes-by-a-half": () => classes((v) => v + 0.5),
      "digits-from-0": () => pictures((v) => (v + 0.6) / 2),
    },
  },
  { quick: true },
)

export const inputsNotScaledCases = zooCases("inputs-not-scaled", {
  sick: {
    "moons-by-100": () => plane((v) => 100 * v),
    "table-of-all-sizes": () => cells((v, f) => v * 10 ** (f - 4)),
    "classes-one-by-1000": () => classes((v, f) => (f === 3 ? 1000 * v : v)),
    "digits-of-255": () => pictures((v) => 64 * v + 40),
    "series-by-200": () => reading((v) => 200 * v),
  },
  healthy: {
    "moons-by-2": () => plane((v) => 2 * v),
    "table-of-like-sizes": () => cells((v, f) => v * (0.5 + f / 8)),
    classes: () => classes((v) => v),
    "digits-by-a-third": () => pictures((v) => v / 3),
    series: () => reading((v) => v),
  },
})

export const illConditionedFeaturesCases = zooCases("ill-conditioned-features", {
  sick: {
    "table-copied-feature": () => cells((v, f, row) => (f === 5 ? row[2]! : v)),
    "classes-constant-feature": () => classes((v, f) => (f === 6 ? 3 : v)),
    "table-near-sums": () =>
      cells((v, f, row) => (f === 7 ? (row[0]! + row[1]! + row[2]!) / 1.7 + 0.01 * v : v)),
  },
  healthy: {
    table: () => cells((v) => v),
    "classes-related": () => classes((v, f, row) => (f === 6 ? (v + row[1]!) / 1.4 : v)),
    digits: () => pictures((v) => v),
  },
})

/** The examples of a data set that are to be kept. */
const part = (dataset: Dataset, keep: (label: number, i: number) => boolean): Dataset => {
  const width = dataset.inputs.length / dataset.length
  const kept = Array.from({ length: dataset.length }, (_, i) => i).filter((i) => keep(dataset.targets[i]!, i))
  return {
    ...dataset,
    length: kept.length,
    inputs: Float32Array.from(kept.flatMap((i) => [...dataset.inputs.subarray(i * width, (i + 1) * width)])),
    targets: Int32Array.from(kept.map((i) => dataset.targets[i]!)),
  }
}

const kept = async (
  make: () => Dataset | Promise<Dataset>,
  model: Model,
  keep: (label: number, i: number) => boolean,
) => [model, loader(part(await make(), keep)), { optimizer: adam(model) }] as const

export const unbalancedLabelsCases = zooCases("unbalanced-labels", {
  sick: {
    "moons-1-to-20": () =>
      kept(
        () => points("moons", { n: 1024 }),
        net([2, 24, 2]),
        (y, i) => y === 0 || i % 20 === 0,
      ),
    "classes-few-of-the-third": () =>
      kept(
        () => tableOfClasses({ n: 900 }),
        net([8, 24, 3]),
        (y, i) => y < 2 || i % 15 === 0,
      ),
    "digits-mostly-3": () =>
      kept(
        () => digits({ n: 1200 }),
        conv(),
        (y, i) => y === 3 || i % 16 < 1,
      ),
  },
  healthy: {
    "moons-2-to-3": () =>
      kept(
        () => points("moons", { n: 1024 }),
        net([2, 24, 2]),
        (y, i) => y === 0 || i % 3 > 0,
      ),
    classes: () =>
      kept(
        () => tableOfClasses({ n: 900 }),
        net([8, 24, 3]),
        () => true,
      ),
    digits: () =>
      kept(
        () => digits({ n: 800 }),
        conv(),
        () => true,
      ),
  },
})

/** Targets in another order than their inputs. */
const shuffled = (dataset: Dataset, on: boolean): Dataset => {
  if (!on) return dataset
  const targets = dataset.targets.slice() as typeof dataset.targets
  let state = 7
  for (let i = targets.length - 1; i > 0; i--) {
    state = (state * 1103515245 + 12345) % 2 ** 31
    const j = state % (i + 1)
    ;[targets[i], targets[j]] = [targets[j]!, targets[i]!]
  }
  return { ...dataset, targets }
}

const orders = async (on: boolean, model: Model, dataset: Dataset, loss?: (a: Tensor, b: Tensor) => Tensor) =>
  [model, loader(shuffled(dataset, on)), { optimizer: adam(model), ...(loss && { loss }) }] as const

const shuffledGroup = (on: boolean) => ({
  circle: () => orders(on, net([2, 64, 64, 2]), points("circle")),
  table: async () => orders(on, net([8, 64, 64, 1]), await table(), nn.mse),
  digits: () => orders(on, conv({ width: 12 }), digits()),
  classes: async () => orders(on, net([8, 64, 64, 3]), await tableOfClasses()),
})

export const shuffledLabelsCases = zooCases("shuffled-labels", {
  sick: shuffledGroup(true),
  healthy: shuffledGroup(false),
})

const relabelled = async (
  dataset: Dataset,
  model: Model,
  change: (label: number) => number,
  loss?: (a: Tensor, b: Tensor) => Tensor,
) => {
  const targets = dataset.targets.map(change) as typeof dataset.targets
  return [model, loader({ ...dataset, targets }), { optimizer: adam(model), ...(loss && { loss }) }] as const
}

const binary = (dataset: Dataset): Dataset => ({
  ...dataset,
  targets: Float32Array.from(dataset.targets),
  targetShape: [1],
})

export const labelsOutOfRangeCases = zooCases("labels-out-of-range", {
  sick: {
    "digits-from-1": () => relabelled(digits(), conv(), (y) => y + 1),
    "classes-with-minus-1": async () => relabelled(await tableOfClasses(), net([8, 24, 3]), (y) => y - 1),
    "moons-minus-1-and-1": () =>
      relabelled(binary(points("moons")), net([2, 24, 1]), (y) => 2 * y - 1, nn.bceWithLogits),
    "too-few-outputs": async () => relabelled(await tableOfClasses(), net([8, 24, 2]), (y) => y),
  },
  healthy: {
    digits: () => relabelled(digits(), conv(), (y) => y),
    classes: async () => relabelled(await tableOfClasses(), net([8, 24, 3]), (y) => y),
    "moons-0-and-1": () => relabelled(binary(points("moons")), net([2, 24, 1]), (y) => y, nn.bceWithLogits),
  },
})

const split = (dataset: Dataset, model: Model, other: Dataset) =>
  [model, loader(dataset), { optimizer: adam(model), test: loader(other) }] as const

const head = (dataset: Dataset, n: number): Dataset => part(dataset, (_, i) => i < n)

export const trainTestLeakCases = zooCases("train-test-leak", {
  sick: {
    "digits-all": () => split(digits(), conv(), head(digits(), 128)),
    "moons-half": () => {
      const [known, fresh] = [points("moons"), points("moons", { seed: 5 })]
      const mixed = {
        ...known,
        inputs: Float32Array.from(known.inputs, (v, i) => (i % 4 < 2 ? v : fresh.inputs[i]!)),
      }
      return split(known, net([2, 24, 2]), head(mixed, 200))
    },
    "classes-a-quarter": async () => {
      const [known, fresh] = [await tableOfClasses(), await tableOfClasses({ seed: 4 })]
      const inputs = Float32Array.from(known.inputs, (v, i) =>
        Math.floor(i / 8) % 4 === 0 ? v : fresh.inputs[i]!,
      )
      return split(known, net([8, 24, 3]), { ...fresh, inputs })
    },
  },
  healthy: {
    digits: () => split(digits(), conv(), digits({ n: 128, start: 4000 })),
    moons: () => split(points("moons"), net([2, 24, 2]), points("moons", { n: 200, seed: 5 })),
    classes: async () => {
      const whole = await tableOfClasses({ n: 800 })
      return split(
        head(whole, 600),
        net([8, 24, 3]),
        part(whole, (_, i) => i >= 600),
      )
    },
  },
})
