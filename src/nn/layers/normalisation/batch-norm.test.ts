import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import { sgd } from "../../../optim/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import {
  cat,
  compile,
  gradcheck,
  manualSeed,
  memory,
  ones,
  randn,
  setDefaultDevice,
  setKernelChecks,
  tensor,
  vmap,
  zeros,
} from "../../../tensor/index.ts"
import * as nn from "../../index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor | null): number[] => Array.from(t!.dataSync())
const f64 = { dtype: "float64" } as const
const close = (got: readonly number[], want: readonly number[], digits = 5): void => {
  expect(got).toHaveLength(want.length)
  for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, digits)
}

/** Mean and mean square deviation of each column. */
function columns(rows: readonly (readonly number[])[]): { mean: number[]; variance: number[] } {
  const mean = rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length)
  const variance = mean.map((m, c) => rows.reduce((sum, row) => sum + (row[c]! - m) ** 2, 0) / rows.length)
  return { mean, variance }
}

describe("batchNorm", () => {
  test("gives mean 0 and variance 1 in training, whatever the scale of the input", () => {
    const out = nn.batchNorm2d(3).forward(randn([8, 3, 4, 4]).mul(20).add(7))
    close(values(out.mean([0, 2, 3])), [0, 0, 0])
    close(values(out.var([0, 2, 3], { correction: 0 })), [1, 1, 1], 4)
  })

  test("moves running statistics by the momentum, with the unbiased variance", () => {
    const layer = nn.batchNorm1d(2, { momentum: 0.25 })
    const rows = [
      [1, 2],
      [3, 8],
      [5, 2],
    ]
    const { mean, variance } = columns(rows)
    layer.forward(tensor(rows))
    close(
      values(layer.runningMean),
      mean.map((m) => 0.25 * m),
    )
    close(
      values(layer.runningVar),
      variance.map((v) => 0.75 + 0.25 * v * 1.5),
    )
    expect(layer.numBatchesTracked!.itemSync()).toBe(1)
  })

  test("with momentum null they are the means over all batches", () => {
    const layer = nn.batchNorm1d(1, { momentum: null })
    const batches = [
      [[0], [2]],
      [[4], [8]],
      [[1], [1]],
    ]
    for (const batch of batches) layer.forward(tensor(batch))
    close(values(layer.runningMean), [(1 + 6 + 1) / 3])
    close(values(layer.runningVar), [(2 + 8 + 0) / 3])
  })

  test("evaluation uses the running statistics and changes nothing", () => {
    const layer = nn.batchNorm1d(1)
    layer.loadStateDict({ running_mean: tensor([2]), running_var: tensor([4]) }, { strict: false })
    close(values(layer.eval().forward(tensor([[4], [0]]))), [1, -1])
    expect([layer.runningMean!.itemSync(), layer.numBatchesTracked!.itemSync()]).toEqual([2, 0])
  })

  test("without running statistics evaluation uses the batch", () => {
    const layer = nn.batchNorm1d(1, { trackRunningStats: false }).eval()
    expect(Object.keys(layer.stateDict())).toEqual(["weight", "bias"])
    close(values(layer.forward(tensor([[1], [3]]))), [-1, 1], 4)
  })

  test("has the keys of PyTorch", () => {
    expect(Object.keys(nn.batchNorm2d(3).stateDict())).toEqual([
      "weight",
      "bias",
      "running_mean",
      "running_var",
      "num_batches_tracked",
    ])
    expect(Object.keys(nn.batchNorm2d(3, { affine: false }).stateDict())).toHaveLength(3)
  })

  test("derivatives pass through the statistics of the batch", () => {
    setDefaultDevice("reference")
    const layer = nn.batchNorm1d(2).to("float64")
    const f = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
      nn.functionalCall(layer, { weight, bias }, x).pow(3)
    expect(
      gradcheck(f as (...args: unknown[]) => unknown, [randn([4, 2], f64), ones([2], f64), ones([2], f64)]),
    ).toBe(true)
    // The outputs of a channel always add up to the same, so that the gradient of their sum is 0.
    const x = randn([6, 2]).requiresGrad_()
    nn.batchNorm1d(2).forward(x).sum().backward()
    close(values(x.grad), new Array<number>(12).fill(0), 4)
  })

  test("says what is wrong with one value per channel, and with other shapes", () => {
    const model = nn.sequential(nn.linear(2, 3), nn.batchNorm1d(3))
    expect(() => model.forward(ones([1, 2]))).toThrow(
      /^1: there is one value per channel, whose variance is 0.*\n.*more than 1 value per channel/,
    )
    expect(() => nn.batchNorm2d(3).forward(ones([2, 3, 1]))).toThrow(/\[N, C, H, W\]/)
    expect(() => nn.batchNorm2d(3).forward(ones([2, 4, 2, 2]))).toThrow(/expected 3 channels, got 4/)
    expect(() => nn.batchNorm1d(0)).toThrow(/numFeatures/)
    expect(() => nn.batchNorm1d(2, { momentun: 1 } as object)).toThrow(/no such option/)
    expect(model.eval().forward(ones([1, 2])).shape).toEqual([1, 3])
  })

  test("running statistics cannot change for each example of a vmap; without them it works", () => {
    const x = randn([5, 4, 2])
    const layer = nn.batchNorm1d(2)
    expect(() => vmap((batch: Tensor) => layer.forward(batch))(x)).toThrow(/NABLA_PLACEHOLDER_VALUE/)
    const free = nn.batchNorm1d(2, { trackRunningStats: false })
    const together = vmap((batch: Tensor) => free.forward(batch))(x) as Tensor
    close(values(together.select(0, 3)), values(free.forward(x.select(0, 3))))
    layer.eval()
    expect((vmap((batch: Tensor) => layer.forward(batch))(x) as Tensor).shape).toEqual([5, 4, 2])
  })
})

describe("state in training", () => {
  test("compiled training moves running statistics as plain training does", () => {
    const batches = Array.from({ length: 5 }, () => randn([4, 3]))
    const run = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor): number[] => {
      const layer = nn.batchNorm1d(3)
      const forward = wrap((x) => layer.forward(x).sum())
      for (const batch of batches) forward(batch).itemSync()
      return [layer.runningMean, layer.runningVar, layer.numBatchesTracked].flatMap(values)
    }
    close(
      run((f) => compile(f)),
      run((f) => f),
      5,
    )
  })

  test("a compiled training step with an optimizer is the plain one", () => {
    const x = randn([16, 1, 6, 6])
    const y = randn([16, 2]).softmax(1)
    const make = (): nn.Sequential =>
      nn.sequential(
        nn.conv2d(1, 3, 3),
        nn.batchNorm2d(3),
        nn.relu(),
        nn.dropout(),
        nn.flatten(),
        nn.linear(48, 2),
      )
    const start = make().stateDict()
    const train = (wrap: (f: () => Tensor) => () => Tensor): number[] => {
      manualSeed(3)
      const model = make()
      model.loadStateDict(start)
      manualSeed(4)
      const optimizer = sgd(model.parameters(), { lr: 0.1, momentum: 0.9 })
      const step = wrap(() => {
        const loss = nn.crossEntropy(model.forward(x), y)
        optimizer.zeroGrad()
        loss.backward()
        optimizer.step()
        return loss
      })
      for (let i = 0; i < 6; i++) step().itemSync()
      return Object.values(model.stateDict()).flatMap(values)
    }
    close(
      train((f) => compile(f)),
      train((f) => f),
      4,
    )
  })

  test("a loop that only goes forward keeps nothing for ever", () => {
    const model = nn.sequential(nn.linear(4, 8), nn.batchNorm1d(8))
    const bytes: number[] = []
    for (let i = 0; i < 200; i++) {
      model
        .forward(randn([16, 4]))
        .sum()
        .itemSync()
      if (i === 99 || i === 199) bytes.push(memory().liveBytes)
    }
    expect(bytes[1]!).toBeLessThanOrEqual(bytes[0]! * 1.2)
    expect((model.at(1) as nn.BatchNorm1d).numBatchesTracked!.itemSync()).toBe(200)
  })
})

describe("batchRenorm", () => {
  test("with rMax 1 and dMax 0 is batchNorm", () => {
    const x = randn([8, 3]).mul(3).add(1)
    const renorm = nn.batchRenorm(3, { rMax: 1, dMax: 0, momentum: 0.1 })
    const plain = nn.batchNorm1d(3)
    close(values(renorm.forward(x)), values(plain.forward(x)))
    close(values(renorm.runningVar), values(plain.runningVar))
  })

  test("within its range training computes what evaluation does", () => {
    const layer = nn.batchRenorm(2, { rMax: 100, dMax: 100 })
    const x = randn([8, 2]).mul(3).add(1)
    const evaluated = values(layer.eval().forward(x))
    close(values(layer.train().forward(x)), evaluated, 4)
  })

  test("a schedule may raise the bounds, under compile too", () => {
    const layer = nn.batchRenorm(1, { rMax: 1, dMax: 0, momentum: 0 })
    const forward = compile((x: Tensor) => layer.forward(x))
    const x = tensor([[4], [6]])
    const first = [0, 1, 2].map(() => values(forward(x)))
    close(first[2]!, [-1, 1], 4)
    layer.dMax = 2
    close(values(forward(x)), [1, 3], 4)
    expect(() => nn.batchRenorm(1, { rMax: 0.5 })).toThrow(/no range/)
  })
})

describe("syncBatchNorm", () => {
  const parts = [randn([4, 3]), randn([2, 3]).mul(5).add(3)] as const

  test("normalises over the batches of all replicas, and so do derivatives", () => {
    const whole = nn.batchNorm1d(3)
    const [a, b] = parts.map((part) => part.clone().requiresGrad_()) as [Tensor, Tensor]
    const all = cat(parts).requiresGrad_()
    const expected = whole.forward(all)
    expected.pow(3).sum().backward()

    const group = nn.inProcess(2)
    const layer = nn.syncBatchNorm(3, { communicator: group })
    const outputs = group.run((rank) => layer.forward([a, b][rank]!))
    close(outputs.flatMap(values), values(expected), 4)
    outputs[0]!.pow(3).sum().add(outputs[1]!.pow(3).sum()).backward()
    close([...values(a.grad), ...values(b.grad)], values(all.grad), 3)
    close(values(layer.weight!.grad), values(whole.weight!.grad), 3)
    close(values(layer.runningMean), values(whole.runningMean))
    close(values(layer.runningVar), values(whole.runningVar), 4)
    expect(layer.numBatchesTracked!.itemSync()).toBe(1)
  })

  test("several layers and dropout in between see the same in each attempt", () => {
    const group = nn.inProcess(2)
    const model = nn.sequential(
      nn.linear(3, 4),
      nn.syncBatchNorm(4, { communicator: group }),
      nn.dropout({ p: 0.5 }),
      nn.syncBatchNorm(4, { communicator: group }),
    )
    const outputs = group.run((rank) => model.forward(parts[rank]!))
    const rows = outputs.flatMap((out) => out.toArray() as number[][])
    close(columns(rows).mean, [0, 0, 0, 0], 4)
  })

  test("one replica alone is batchNorm", () => {
    const x = randn([5, 2, 3])
    close(values(nn.syncBatchNorm(2).forward(x)), values(nn.batchNorm1d(2).forward(x)))
    expect(() => nn.syncBatchNorm(2).forward(ones([1, 2]))).toThrow(/one value per channel/)
  })

  test("says when replicas do not do the same", () => {
    const group = nn.inProcess(2)
    const layer = nn.syncBatchNorm(3, { communicator: group })
    expect(() => layer.forward(parts[0])).toThrow(/other replicas are not running/)
    expect(() => group.run((rank) => (rank === 0 ? layer.forward(parts[0]) : parts[1]))).toThrow(
      /do not add up the same/,
    )
    expect(() => nn.inProcess(0)).toThrow(/number of replicas/)
  })

  test("convertSyncBatchNorm keeps names, parameters and modes, wherever the layer is", () => {
    class Net extends nn.Module {
      readonly stem = nn.sequential(nn.conv2d(1, 2, 3), nn.batchNorm2d(2))
      readonly heads = { a: [nn.batchNorm1d(4)] }
      readonly more = nn.moduleDict({ left: nn.batchNorm1d(4) })
      readonly list = nn.moduleList([nn.batchNorm3d(1)])
      override forward(x: Tensor): Tensor {
        return this.stem.forward(x)
      }
    }
    const net = new Net().eval()
    const before = net.stateDict()
    const converted = nn.convertSyncBatchNorm(net, nn.inProcess(1))
    expect(converted).toBe(net)
    expect(Object.keys(net.stateDict()).sort()).toEqual(Object.keys(before).sort())
    for (const [key, value] of Object.entries(net.stateDict())) expect(value).toBe(before[key])
    const kinds = net.modules().map(({ constructor: type }) => type.name)
    expect(kinds.filter((kind) => /^BatchNorm/.test(kind))).toEqual([])
    expect(kinds.filter((kind) => kind === "SyncBatchNorm")).toHaveLength(4)
    expect(net.modules().some(({ training }) => training)).toBe(false)
    expect(net.forward(zeros([1, 1, 4, 4])).shape).toEqual([1, 2, 2, 2])
    expect(nn.convertSyncBatchNorm(nn.batchNorm1d(2) as nn.Module)).toBeInstanceOf(nn.SyncBatchNorm)
  })
})
