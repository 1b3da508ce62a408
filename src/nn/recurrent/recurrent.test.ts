import { beforeAll, beforeEach, describe, expect, test } from "vitest"

import {
  cat,
  compile,
  gradcheck,
  manualSeed,
  randn,
  setDefaultDevice,
  setKernelChecks,
  stack,
  Tensor,
  tensor,
  zeros,
} from "../../tensor/index.ts"
import { functionalCall } from "../functional-call.ts"
import type { Module } from "../module.ts"
import { gruCell as gruCellOf, lstmCell as lstmCellOf, rnnCell as rnnCellOf } from "./cells.ts"
import type { LSTMState } from "./index.ts"
import {
  GRUCell,
  gru,
  gruCell,
  LSTMCell,
  lstm,
  lstmCell,
  PackedSequence,
  packPaddedSequence,
  padPackedSequence,
  RNNCell,
  rnn,
  rnnCell,
} from "./index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => {
  setDefaultDevice("reference")
  manualSeed(1)
})

const f64 = { dtype: "float64" } as const
const values = (t: Tensor): number[] => Array.from(t.dataSync())

function expectSame(got: Tensor, expected: Tensor): void {
  expect(got.shape).toEqual(expected.shape)
  expect(got.sub(expected).abs().max().itemSync()).toBeLessThan(1e-12)
}

/** A cell with the weights of one layer and direction of a network. */
function cellOf<C extends Module<never, unknown>>(
  cell: C,
  network: { stateDict(): Record<string, Tensor> },
  suffix: string,
): C {
  const state = network.stateDict()
  cell.loadStateDict(
    Object.fromEntries(
      ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => [name, state[`${name}_${suffix}`]!]),
    ),
  )
  return cell
}

describe("layers are their cells, step by step", () => {
  const x = (): Tensor => randn([5, 2, 3], f64)

  test.each(["tanh", "relu"] as const)("RNN with %s", (nonlinearity) => {
    const network = rnn(3, 4, { nonlinearity, ...f64 })
    const cell = cellOf(new RNNCell(3, 4, { nonlinearity, ...f64 }), network, "l0")
    const input = x()
    let h = randn([2, 4], f64)
    const [output, last] = network.forward(input, h.unsqueeze(0))
    const steps = input.unbind(0).map((step) => (h = cell.forward(step, h)))
    expectSame(output, stack(steps))
    expectSame(last.squeeze(0), h)
  })

  test("GRU", () => {
    const network = gru(3, 4, f64)
    const cell = cellOf(new GRUCell(3, 4, f64), network, "l0")
    const input = x()
    let h = zeros([2, 4], f64)
    const [output, last] = network.forward(input)
    const steps = input.unbind(0).map((step) => (h = cell.forward(step, h)))
    expectSame(output, stack(steps))
    expectSame(last.squeeze(0), h)
  })

  test("LSTM, of two layers and both directions", () => {
    const network = lstm(3, 4, { numLayers: 2, bidirectional: true, ...f64 })
    const input = x()
    const start: LSTMState = [randn([4, 2, 4], f64), randn([4, 2, 4], f64)]
    const [output, [h, c]] = network.forward(input, start)
    const lasts: LSTMState[] = []
    const layer = (data: Tensor, n: number): Tensor => {
      const directions = ["", "_reverse"].map((end, d) => {
        const cell = cellOf(new LSTMCell(data.shape[2]!, 4, f64), network, `l${n}${end}`)
        let state: LSTMState = [start[0].select(0, 2 * n + d), start[1].select(0, 2 * n + d)]
        const order = data.unbind(0)
        const outputs = (d === 0 ? order : order.reverse()).map(
          (step) => (state = cell.forward(step, state))[0],
        )
        lasts.push(state)
        return stack(d === 0 ? outputs : outputs.reverse())
      })
      return cat(directions, 2)
    }
    expectSame(output, layer(layer(input, 0), 1))
    expectSame(h, stack(lasts.map((state) => state[0])))
    expectSame(c, stack(lasts.map((state) => state[1])))
  })

  test("a projection follows the output gate", () => {
    const network = lstm(3, 4, { projSize: 2, ...f64 })
    const plain = lstm(3, 4, f64)
    expect(Object.entries(network.stateDict()).map(([name, t]) => [name, t.shape])).toEqual([
      ["weight_ih_l0", [16, 3]],
      ["weight_hh_l0", [16, 2]],
      ["bias_ih_l0", [16]],
      ["bias_hh_l0", [16]],
      ["weight_hr_l0", [2, 4]],
    ])
    // Over one step from nothing, only the projection makes a difference.
    const { weight_hr_l0: projection, weight_hh_l0: _, ...shared } = network.stateDict()
    plain.loadStateDict(shared, { strict: false })
    const input = randn([1, 2, 3], f64)
    const [output, [h, c]] = network.forward(input)
    const [unprojected, [, cell]] = plain.forward(input)
    expectSame(output, unprojected.matmul(projection!.t()))
    expectSame(h, output)
    expectSame(c, cell)
  })
})

describe("arrangements of the input", () => {
  // Their types differ in the state alone.
  const networks = [rnn, gru, lstm] as unknown as (typeof gru)[]

  test.each(networks)("batchFirst transposes input and output, not the state: %o", (make) => {
    const first = make(3, 4, { batchFirst: true, bidirectional: true, ...f64 })
    const second = make(3, 4, { bidirectional: true, ...f64 })
    second.loadStateDict(first.stateDict())
    const input = randn([2, 5, 3], f64)
    const [output, state] = first.forward(input)
    const [expected, expectedState] = second.forward(input.transpose(0, 1))
    expectSame(output, expected.transpose(0, 1))
    const flat = (given: unknown): Tensor[] => [given].flat() as Tensor[]
    flat(state).forEach((part, i) => void expectSame(part, flat(expectedState)[i]!))
  })

  test("a single sequence has no dimension of samples", () => {
    const network = lstm(3, 4, { numLayers: 2, ...f64 })
    const input = randn([5, 3], f64)
    const start: LSTMState = [randn([2, 4], f64), randn([2, 4], f64)]
    const [output, [h, c]] = network.forward(input, start)
    const batched = start.map((part) => part.unsqueeze(1)) as unknown as LSTMState
    const [expected, [eh, ec]] = network.forward(input.unsqueeze(1), batched)
    expectSame(output, expected.squeeze(1))
    expectSame(h, eh.squeeze(1))
    expectSame(c, ec.squeeze(1))
    const cell = gruCell(3, 4, f64)
    expectSame(cell.forward(input.select(0, 0)), cell.forward(input).select(0, 0))
  })

  test.each(networks)("packed sequences are as if each were alone: %o", (make) => {
    const network = make(3, 4, { numLayers: 2, bidirectional: true, batchFirst: true, ...f64 })
    const padded = randn([4, 5, 3], f64)
    const lengths = [2, 5, 1, 5]
    const packed = packPaddedSequence(padded, lengths, { batchFirst: true, enforceSorted: false })
    expect(packed.batchSizes).toEqual([4, 3, 2, 2, 2])
    const parts = (state: Tensor | LSTMState): Tensor[] => (state instanceof Tensor ? [state] : [...state])
    const start = randn([4, 4, 4], f64)
    const as = (t: Tensor): never => ((make as unknown) === lstm ? [t, t.mul(2)] : t) as never
    const [output, state] = network.forward(packed, as(start))
    const [unpacked, got] = padPackedSequence(output, { batchFirst: true, paddingValue: 7, totalLength: 6 })
    expect(got).toEqual(lengths)
    lengths.forEach((length, n) => {
      const alone = padded.narrow(0, n, 1).narrow(1, 0, length)
      const [expected, last] = network.forward(alone, as(start.narrow(1, n, 1)))
      expectSame(unpacked.narrow(0, n, 1).narrow(1, 0, length), expected)
      parts(state).forEach((part, i) => void expectSame(part.narrow(1, n, 1), parts(last)[i]!))
    })
    expect(values(unpacked.select(0, 2).narrow(0, 1, 5))).toEqual(new Array(40).fill(7))
  })

  test("packing is undone by padding", () => {
    const input = tensor([
      [1, 4, 6],
      [2, 5, 0],
      [3, 0, 0],
    ]) // three sequences, by step
    const packed = packPaddedSequence(input.unsqueeze(2), tensor([3, 2, 1], { dtype: "int32" }))
    expect(values(packed.data)).toEqual([1, 4, 6, 2, 5, 3])
    expect(packed.lengths).toEqual([3, 2, 1])
    expect(packed.sortedIndices).toBeNull()
    const [output] = padPackedSequence(packed)
    expect(values(output)).toEqual(values(input))
  })
})

describe("parameters", () => {
  test("have PyTorch's names, shapes and law", () => {
    const network = gru(3, 16, { numLayers: 2, bidirectional: true })
    const shapes = Object.fromEntries(
      Object.entries(network.stateDict()).map(([name, t]) => [name, t.shape.join()]),
    )
    expect(Object.keys(shapes)).toHaveLength(16)
    expect(shapes.weight_ih_l1_reverse).toBe("48,32")
    expect(shapes.weight_hh_l1).toBe("48,16")
    expect(network.parameters()).toHaveLength(16)
    for (const parameter of network.parameters()) {
      const largest = Math.max(...values(parameter).map(Math.abs))
      expect(largest).toBeLessThanOrEqual(0.25)
      expect(largest).toBeGreaterThan(0.2)
    }
    expect(Object.keys(rnn(3, 4, { bias: false }).stateDict())).toEqual(["weight_ih_l0", "weight_hh_l0"])
  })

  test("cells too", () => {
    expect(Object.entries(lstmCell(3, 4).stateDict()).map(([name, t]) => [name, t.shape])).toEqual([
      ["weight_ih", [16, 3]],
      ["weight_hh", [16, 4]],
      ["bias_ih", [16]],
      ["bias_hh", [16]],
    ])
    expect(Object.keys(gruCell(3, 4, { bias: false }).stateDict())).toEqual(["weight_ih", "weight_hh"])
  })
})

describe("training", () => {
  test("gradients are right, of weights and states", () => {
    const network = lstm(1, 2, { bidirectional: true, ...f64 })
    const names = network.namedParameters().map(([name]) => name)
    const input = randn([2, 1, 1], f64)
    const loss = (...given: Tensor[]): Tensor => {
      const [x, h, ...weights] = given
      const tensors = Object.fromEntries(weights.map((w, i) => [names[i]!, w]))
      const [output, [last]] = functionalCall(network, tensors, x!, [h!, h!]) as [Tensor, LSTMState]
      return output.square().sum().add(last.sum())
    }
    const weights = network.parameters().map((p) => p.detach())
    expect(
      gradcheck(loss as (...args: unknown[]) => unknown, [input, randn([2, 1, 2], f64), ...weights]),
    ).toBe(true)
  })

  test("drops outputs between layers in training only, and under compile anew in each step", () => {
    const network = rnn(3, 8, { numLayers: 2, dropout: 0.5 })
    const input = randn([4, 2, 3])
    const run = compile((x: Tensor) => network.forward(x)[0])
    const draws = [1, 2, 3].map(() => values(run(input)).join())
    expect(new Set(draws).size).toBe(3)
    network.eval()
    expectSame(network.forward(input)[0], network.forward(input)[0])
  })
})

describe("functions of a step", () => {
  test("give what cells give", () => {
    const x = randn([2, 3], f64)
    const h = randn([2, 4], f64)
    const plain = rnnCell(3, 4, f64)
    expectSame(rnnCellOf(x, h, plain), plain.forward(x, h))
    const gated = gruCell(3, 4, f64)
    expectSame(gruCellOf(x, h, gated), gated.forward(x, h))
    const long = lstmCell(3, 4, f64)
    expectSame(lstmCellOf(x, [h, h], long)[1], long.forward(x, [h, h])[1])
  })
})

describe("arguments that do not fit", () => {
  test("inputs and states", () => {
    const network = lstm(3, 4, { numLayers: 2 })
    expect(() => network.forward(zeros([5, 2, 4]))).toThrow(/LSTM[\s\S]*expected last dimension 3, got 4/)
    expect(() => network.forward(zeros([3]))).toThrow(/\[T, N, 3\], \[T, 3\] or a packed sequence/)
    expect(() => network.forward(zeros([0, 2, 3]))).toThrow(/T ≥ 1/)
    expect(() => network.forward(zeros([5, 2, 3]), [zeros([2, 3, 4]), zeros([2, 2, 4])])).toThrow(
      /initial hidden state[\s\S]*\[2, 2, 4\][\s\S]*\[2, 3, 4\]/,
    )
    expect(() => network.forward(zeros([5, 2, 3]), [zeros([2, 2, 4]), zeros([2, 2, 3])])).toThrow(
      /initial cell state/,
    )
    expect(() => network.forward(new PackedSequence(zeros([3, 2]), [2, 1]))).toThrow(
      /packed sequences of \[\*, 3\]/,
    )
    expect(() => gruCell(3, 4).forward(zeros([2, 4]))).toThrow(/GRUCell[\s\S]*\[N, 3\] or \[3\]/)
    expect(() => gruCell(3, 4).forward(zeros([2, 3]), zeros([1, 4]))).toThrow(
      /the state does not fit[\s\S]*\[2, 4\]/,
    )
  })

  test("options", () => {
    expect(() => rnn(3, 4, { nonlinearity: "sigmoid" as "tanh" })).toThrow(/RNN[\s\S]*tanh \| relu/)
    expect(() => lstm(3, 4, { projSize: 4 })).toThrow(/projSize of 0 … 3/)
    expect(() => gru(3, 4, { dropout: 2 })).toThrow(/GRU[\s\S]*probability/)
    expect(() => gru(3, 0)).toThrow(/hiddenSize/)
    expect(() => gru(3, 4, { layers: 2 } as object)).toThrow(/numLayers[\s\S]*layers/)
  })

  test("packing", () => {
    const input = zeros([3, 2, 1])
    expect(() => packPaddedSequence(input, [2, 3])).toThrow(/enforceSorted: false/)
    expect(() => packPaddedSequence(input, [3])).toThrow(/2 whole numbers of 1 … 3/)
    expect(() => packPaddedSequence(input, [3, 0])).toThrow(/2 whole numbers of 1 … 3/)
    expect(() => new PackedSequence(zeros([3, 1]), [1, 2])).toThrow(/do not grow/)
    const packed = packPaddedSequence(input, [3, 2])
    expect(() => padPackedSequence(packed, { totalLength: 2 })).toThrow(/at least 3/)
  })
})
