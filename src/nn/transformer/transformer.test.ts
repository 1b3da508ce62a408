import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  compile,
  manualSeed,
  randn,
  setDefaultDevice,
  setKernelChecks,
  tensor,
  zeros,
} from "../../tensor/index.ts"
import { LayerNorm } from "../layers/index.ts"
import {
  Transformer,
  TransformerDecoder,
  transformer,
  transformerDecoderLayer,
  transformerEncoder,
  transformerEncoderLayer,
} from "./index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => {
  setDefaultDevice("reference")
  manualSeed(5)
})

const f64 = { dtype: "float64" } as const
const small = { dimFeedforward: 6, dropout: 0, ...f64 }
const random = (...shape: number[]): Tensor => randn(shape, f64)
const values = (t: Tensor): number[] => Array.from(t.dataSync())

function expectSame(got: Tensor, expected: Tensor): void {
  expect(got.shape).toEqual(expected.shape)
  expect(got.sub(expected).abs().max().itemSync()).toBeLessThan(1e-12)
}

describe("layers", () => {
  test.each([false, true])(
    "of the encoder are attention and a small network, each with a residual (normFirst: %s)",
    (normFirst) => {
      const layer = transformerEncoderLayer(4, 2, { normFirst, activation: (x) => x.silu(), ...small })
      const x = random(3, 2, 4)
      const attend = (h: Tensor): Tensor => layer.selfAttn.forward(h)[0]
      const network = (h: Tensor): Tensor => layer.linear2.forward(layer.linear1.forward(h).silu())
      const [one, two] = [layer.norm1, layer.norm2]
      const expected = (): Tensor => {
        if (normFirst) {
          const h = x.add(attend(one.forward(x)))
          return h.add(network(two.forward(h)))
        }
        const h = one.forward(x.add(attend(x)))
        return two.forward(h.add(network(h)))
      }
      expectSame(layer.forward(x), expected())
    },
  )

  test.each([false, true])("of the decoder attend to the memory as well (normFirst: %s)", (normFirst) => {
    const layer = transformerDecoderLayer(4, 2, { normFirst, activation: "gelu", ...small })
    const [x, memory] = [random(3, 2, 4), random(5, 2, 4)]
    const parts = [
      (h: Tensor): Tensor => layer.selfAttn.forward(h, h, h, { isCausal: true })[0],
      (h: Tensor): Tensor => layer.multiheadAttn.forward(h, memory)[0],
      (h: Tensor): Tensor => layer.linear2.forward(layer.linear1.forward(h).gelu()),
    ]
    const norms = [layer.norm1, layer.norm2, layer.norm3]
    const expected = parts.reduce(
      (h, part, i) => (normFirst ? h.add(part(norms[i]!.forward(h))) : norms[i]!.forward(h.add(part(h)))),
      x,
    )
    expectSame(layer.forward(x, memory, { tgtIsCausal: true }), expected)
  })

  test("take batches first, and sequences without a batch", () => {
    const second = transformerEncoderLayer(4, 2, small)
    const first = transformerEncoderLayer(4, 2, { batchFirst: true, ...small })
    first.loadStateDict(second.stateDict())
    const x = random(3, 2, 4)
    expectSame(first.forward(x.transpose(0, 1)), second.forward(x).transpose(0, 1))
    expectSame(second.forward(x.select(1, 1)), second.forward(x).select(1, 1))
  })

  test("have PyTorch's names", () => {
    expect(Object.keys(transformerDecoderLayer(4, 2, small).stateDict()).sort()).toEqual(
      [
        ...["self_attn", "multihead_attn"].flatMap((name) =>
          ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"].map(
            (part) => `${name}.${part}`,
          ),
        ),
        ...["linear1", "linear2", "norm1", "norm2", "norm3"].flatMap((name) => [
          `${name}.weight`,
          `${name}.bias`,
        ]),
      ].sort(),
    )
  })

  test("drop in training only, in a compiled step anew each time", () => {
    const layer = transformerEncoderLayer(4, 2, { dimFeedforward: 6, dropout: 0.5 })
    const x = randn([3, 2, 4])
    const run = compile((input: Tensor) => layer.forward(input))
    expect(new Set([1, 2, 3].map(() => values(run(x)).join())).size).toBe(3)
    layer.eval()
    expect(values(layer.forward(x))).toEqual(values(layer.forward(x)))
  })
})

describe("stacks", () => {
  test("are copies of a layer, one after another, with parameters of their own", () => {
    const layer = transformerEncoderLayer(4, 2, small)
    const encoder = transformerEncoder(layer, 2, { norm: new LayerNorm(4, f64) })
    const x = random(3, 2, 4)
    const mask = Transformer.generateSquareSubsequentMask(3, f64)
    const once = (h: Tensor): Tensor => layer.forward(h, { srcMask: mask })
    expectSame(encoder.forward(x, { mask }), encoder.norm!.forward(once(once(x))))
    const state = encoder.stateDict()
    expect(state["layers.1.self_attn.in_proj_weight"]).toBeDefined()
    expect(new Set(encoder.parameters()).size).toBe(2 * 12 + 2)
    expect(encoder.parameters().includes(layer.linear1.weight)).toBe(false)
  })

  test("of decoders pass the memory and the masks to each", () => {
    const layer = transformerDecoderLayer(4, 2, small)
    const decoder = new TransformerDecoder(layer, 2)
    const [x, memory] = [random(3, 2, 4), random(5, 2, 4)]
    const masks = {
      tgtIsCausal: true,
      memoryKeyPaddingMask: tensor([
        [0, 0, 0, 0, 0],
        [0, 0, 0, 1, 1],
      ]).to("bool"),
    }
    const once = (h: Tensor): Tensor => layer.forward(h, memory, masks)
    expectSame(decoder.forward(x, memory, masks), once(once(x)))
  })
})

describe("Transformer", () => {
  const options = { dModel: 8, nhead: 2, numEncoderLayers: 2, numDecoderLayers: 1, ...small }

  test("decodes what it encodes; what comes later in the target changes nothing", () => {
    const model = transformer({ batchFirst: true, ...options })
    const [src, tgt] = [random(2, 5, 8), random(2, 4, 8)]
    const output = model.forward(src, tgt, { tgtIsCausal: true })
    expectSame(output, model.decoder.forward(tgt, model.encoder.forward(src), { tgtIsCausal: true }))
    const start = model.forward(src, tgt.narrow(1, 0, 2), { tgtIsCausal: true })
    expectSame(output.narrow(1, 0, 2), start)
  })

  test("draws each matrix anew, by Xavier's law", () => {
    const model = transformer({ ...options, dModel: 64, dimFeedforward: 32 })
    const [a, b] = [0, 1].map((i) => model.stateDict()[`encoder.layers.${i}.linear1.weight`]!)
    expect(values(a!)).not.toEqual(values(b!))
    const bound = Math.sqrt(6 / (32 + 64))
    const largest = a!.abs().max().itemSync()
    expect(largest).toBeLessThanOrEqual(bound)
    expect(largest).toBeGreaterThan(0.98 * bound)
  })

  test("gets the published number of parameters", () => {
    // d = 512, 8 heads, 6 + 6 layers, 2048 between: 44,140,544 in PyTorch. Counted here for a tenth of it, by formula.
    const [d, f] = [32, 64]
    const attention = 4 * d * d + 4 * d
    const network = 2 * d * f + f + d
    const encoder = attention + network + 4 * d
    const decoder = 2 * attention + network + 6 * d
    const model = transformer({
      dModel: d,
      nhead: 4,
      dimFeedforward: f,
      numEncoderLayers: 3,
      numDecoderLayers: 2,
    })
    const count = model.parameters().reduce((sum, p) => sum + p.numel(), 0)
    expect(count).toBe(3 * encoder + 2 * decoder + 4 * d)
  })
})

describe("arguments that do not fit", () => {
  test("are named with the path of the module", () => {
    const encoder = transformerEncoder(transformerEncoderLayer(4, 2, small), 2)
    expect(() => encoder.forward(zeros([3, 2, 5], f64))).toThrow(/layers\.0\.self_attn/)
    expect(() => encoder.forward(zeros([3, 2, 4], f64), { srcMask: null } as object)).toThrow(
      /mask[\s\S]*srcMask/,
    )
    const model = transformer({ dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, ...small })
    expect(() => model.forward(zeros([3, 2, 4], f64), zeros([3, 1, 4], f64))).toThrow(/source and target/)
  })

  test("options too", () => {
    expect(() => transformerEncoderLayer(4, 2, { activation: "swish" as "relu" })).toThrow(/relu \| gelu/)
    expect(() => transformerEncoderLayer(4, 3)).toThrow(/divisible by 3/)
    expect(() => transformer({ heads: 2 } as object)).toThrow(/Transformer[\s\S]*heads/)
    expect(() => transformerEncoder(transformerEncoderLayer(4, 2, small), 1.5)).toThrow(/numLayers/)
  })
})
