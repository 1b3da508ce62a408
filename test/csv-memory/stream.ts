import { manualSeed, nn, optim, type Tensor, tensor } from "nabla"
import { ZCA } from "nabla/data"
import { csvFileBatches } from "nabla/io/node"
import { fit as fitModel, type StreamedBatches } from "nabla/train"

// Run as a process of its own, since what counts is the most memory that it ever had: stream.ts FILE COLUMNS. A CSV goes
// through the fit of a whitening, then through an epoch of a perceptron.

const BATCH = 512
manualSeed(0)

async function* batches(path: string, columns: number): AsyncGenerator<[Tensor, Tensor]> {
  for await (const table of csvFileBatches(path, { batchSize: BATCH })) {
    const x = new Float32Array(table.length * columns)
    for (let j = 0; j < columns; j++) {
      const { values } = table.columns[j]!
      for (let i = 0; i < table.length; i++) x[i * columns + j] = values[i] as number
    }
    const y = Int32Array.from(table.columns[columns]!.values as Float64Array)
    yield [tensor(x, { shape: [table.length, columns] }), tensor(y)]
  }
}

const [path, width] = process.argv.slice(2)
const columns = Number(width)
const seconds = (since: number): number => Math.round((performance.now() - since) / 100) / 10
const peak = (): number => Math.round(process.resourceUsage().maxRSS / 1024)

const began = performance.now()
const whitening = await new ZCA().fit(batches(path!, columns))
const fitted = { seconds: seconds(began), megabytes: peak() }

const model = nn.sequential(nn.linear(columns, 64), nn.relu(), nn.linear(64, 2))
const optimizer = optim.adam(model.parameters(), { lr: 1e-3 })
const whitened: StreamedBatches = {
  async *[Symbol.asyncIterator]() {
    for await (const [x, y] of batches(path!, columns)) yield [whitening.transform(x), y]
  },
}
const epoch = performance.now()
let rows = 0
const counted = { name: "rows", onStep: ({ samples }: { samples: number }) => void (rows += samples) }
const result = await fitModel(model, whitened, { optimizer, epochs: 1, listeners: [counted] })
const loss = result.epochs[0]!.train.loss
console.log(
  JSON.stringify({ rows, loss, fit: fitted, epoch: { seconds: seconds(epoch), megabytes: peak() } }),
)
