import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Random } from "../src/base/index.ts"
import * as data from "../src/data/index.ts"
import * as diagnostics from "../src/diagnostics/index.ts"
import * as io from "../src/io/index.ts"
import * as nabla from "../src/node.ts"
import * as training from "../src/train/index.ts"
import * as runs from "../src/train/node.ts"

/*
 * What the examples in documentation comments may use without making it: everything that the library exports, a small
 * model with a batch and a data set for it, a training step under way, and a few things that a reader has at hand.
 */

type Names = Record<string, unknown>

/** The functions and classes of the layers. `var` is the name of a function, but cannot be one of a variable. */
const { var: _, ...library } = {
  Random,
  ...data,
  ...io,
  ...training,
  ...diagnostics,
  ...nabla.optim,
  ...nabla,
} as Names

/** Values that are made for the examples that have one of the names. */
type Group = () => Names | Promise<Names>

const FEATURES = 10
const CLASSES = 10
const BATCH = 8

function model(): InstanceType<typeof nabla.nn.Sequential> {
  const { nn } = nabla
  return nn.sequential(nn.flatten(), nn.linear(FEATURES, 16), nn.tanh(), nn.linear(16, CLASSES))
}

/** Samples whose inputs are positive, with classes as targets. */
function samples(name: string, length: number): data.ArrayDataset {
  const random = new Random(length)
  const inputs = Float32Array.from({ length: length * FEATURES }, () => random.uniform())
  const targets = Int32Array.from({ length }, (_, i) => i % CLASSES)
  return data.arrayDataset({
    name,
    inputs,
    inputShape: [FEATURES],
    targets,
    targetShape: [],
    classes: CLASSES,
  })
}

async function trained(): Promise<Names> {
  const { nn, optim, randn, tensor } = nabla
  const net = model()
  const x = randn([BATCH, FEATURES])
  const y = randn([BATCH, CLASSES]).softmax(1)
  const loss = nn.crossEntropy(net.forward(x), y)
  const optimizer = optim.sgd(net.parameters(), { lr: 0.1, momentum: 0.9 })
  const labels = tensor([0, 1, 2, 3, 4, 5, 6, 7], { dtype: "int32" })
  const step = (): nabla.Tensor => {
    optimizer.zeroGrad()
    const now = nn.crossEntropy(net.forward(x), labels)
    now.backward()
    optimizer.step()
    return now
  }
  return { model: net, params: net.parameters(), x, y, loss, optimizer, labels, step, validationLoss: 1 }
}

async function datasets(): Promise<Names> {
  const [train, test] = [samples("train", 40), samples("test", 20)]
  return {
    train,
    test,
    dataset: train,
    counts: train,
    loader: new data.DataLoader(train, { batchSize: 10 }),
    scaler: await new data.StandardScaler().fit(train),
    tokenizer: data.charTokenizer("ROMEO: speak"),
  }
}

function tensors(): Names {
  const { nn, ones, parameter, randn, tensor, zeros } = { ...nabla, ...nabla.nn }
  const block = (): Names => ({
    branch: nn.sequential(nn.linear(4, 4), nn.layerNorm(4), nn.relu(), nn.linear(4, 4), nn.layerNorm(4)),
  })
  return {
    images: randn([BATCH, 1, 2, 5]),
    logits: randn([BATCH, CLASSES]),
    layer: nn.linear(FEATURES, CLASSES),
    blocks: [block(), block()],
    packed: nn.packPaddedSequence(randn([5, 2, 8]), [5, 3]),
    anchor: zeros([2, 3]),
    positive: ones([2, 3]),
    negative: randn([2, 3]),
    theta: parameter(tensor([1, 2])),
    a: parameter(tensor(0.5)),
    b: parameter(tensor(0.1)),
  }
}

const rates = { format: "nabla.rates", version: 1, steps: 1, changes: [{ step: 0, rate: 0.1 }] }

/** Things of the reader's own: a slider, a file, a terminal. */
const reader: Names = {
  knob: { value: "0.05" },
  readFileSync: () => JSON.stringify(rates),
  writeFileSync: () => {},
  console: { log: () => {} },
  process: { stdout: { write: () => true } },
}

/** A model that reads tokens, for the examples that make text. */
const texts: Names = { model: nabla.nn.embedding(12, 12) }

const groups: readonly (readonly [names: RegExp, make: Group])[] = [
  [/\b(model|params|x|y|loss|optimizer|labels|step|validationLoss)\b/, trained],
  [/\b(train|test|dataset|counts|loader|scaler|tokenizer)\b/, datasets],
  [/\b(images|logits|layer|blocks|packed|anchor|positive|negative|theta|a|b)\b/, tensors],
]

/** What has another meaning in one part of the library. */
async function local(file: string): Promise<Names> {
  const own: Names = await import(join("..", file))
  if (file.endsWith("train/generate.ts")) return { ...own, ...texts }
  if (!file.startsWith("src/train/")) return own
  return { ...own, test: new data.DataLoader(samples("test", 20), { batchSize: 10 }) }
}

/** A run on disk, a checkpoint of it, and the functions that are given their paths. */
async function onDisk(folder: string): Promise<Names> {
  const { loadCheckpoint, loadRun, resumeRun, saveCheckpoint, CheckpointFolder } = runs
  const { model: net, optimizer } = (await trained()) as {
    model: nabla.nn.Sequential
    optimizer: nabla.optim.SGD
  }
  const loader = new data.DataLoader(samples("train", 40), { batchSize: 10 })
  const recorder = new runs.RunRecorder(net, { root: join(folder, "runs"), name: "first", config: {} })
  const checkpoint = recorder.checkpoints
  await training.fit(net, loader, { optimizer, test: loader, epochs: 1, listeners: [recorder], checkpoint })
  const { checkpoint: kept } = await loadCheckpoint(recorder.path!)
  class Kept extends CheckpointFolder {
    constructor(...[path, ...rest]: ConstructorParameters<typeof CheckpointFolder>) {
      super(typeof path === "string" ? join(folder, path) : path, ...rest)
    }
  }
  const inside =
    <A extends unknown[], B>(f: (path: string, ...rest: A) => B) =>
    (path: string, ...rest: A) =>
      f(join(folder, path), ...rest)
  return {
    checkpoint: kept,
    bytes: await training.encodeCheckpoint(kept),
    loadCheckpoint: inside(loadCheckpoint),
    loadRun: inside(loadRun),
    resumeRun: inside(resumeRun),
    saveCheckpoint: inside(saveCheckpoint),
    CheckpointFolder: Kept,
  }
}

/** Names in scope of an example of a file; what it writes to disk goes to `folder`. */
export async function namesFor(file: string, code: string, folder: string): Promise<Names> {
  nabla.setDefaultDevice("wasm")
  nabla.manualSeed(1)
  class Recorder extends runs.RunRecorder {
    constructor(...[net, options]: ConstructorParameters<typeof runs.RunRecorder>) {
      super(net, { root: folder, ...options })
    }
  }
  const scope: Names = { ...library, ...reader }
  for (const [names, make] of groups) if (names.test(code)) Object.assign(scope, await make())
  const { var: _, ...own } = await local(file)
  const kept = /heckpoint|runs\/first/.test(code) ? await onDisk(folder) : {}
  return { ...scope, ...own, ...kept, RunRecorder: Recorder }
}

/** Runs `f` with a folder of its own, which is gone afterwards. */
export async function withFolder<T>(f: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "nabla-example-"))
  try {
    return await f(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
