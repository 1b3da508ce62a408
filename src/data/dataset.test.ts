import { describe, expect, it } from "vitest"
import { arrayDataset, gather, split, subset } from "./dataset.ts"

const withCode = (code: string, text = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(text) })

/** n samples whose two inputs and whose target tell their index. */
function counted(n: number) {
  const inputs = Float32Array.from({ length: 2 * n }, (_, i) => i / 2)
  const targets = Int32Array.from({ length: n }, (_, i) => i)
  return arrayDataset({ name: "counted", inputs, inputShape: [2], targets, targetShape: [], classes: n })
}

describe("arrayDataset", () => {
  it("finds the number of samples from the sizes", () => {
    expect(counted(5).length).toBe(5)
    expect(counted(0).length).toBe(0)
  })

  it("refuses arrays that do not belong together", () => {
    const parts = { name: "d", inputShape: [2], targetShape: [], inputs: new Float32Array(4) }
    expect(() => arrayDataset({ ...parts, targets: new Int32Array(3) })).toThrow(
      withCode("NABLA_DATA_MISMATCH", "got:      3 targets"),
    )
    expect(() => arrayDataset({ ...parts, inputs: new Float32Array(5), targets: new Int32Array(2) })).toThrow(
      withCode("NABLA_DATA_MISMATCH", "a multiple of 2 values"),
    )
  })

  it("names the first sample whose label is no class", () => {
    const parts = { name: "d", inputShape: [1], targetShape: [], inputs: new Float32Array(3), classes: 2 }
    expect(() => arrayDataset({ ...parts, targets: Int32Array.of(0, 2, -1) })).toThrow(
      withCode("NABLA_LABEL_RANGE", "sample 1"),
    )
    expect(() => arrayDataset({ ...parts, targets: Int32Array.of(0, 1, -1) })).toThrow(
      withCode("NABLA_LABEL_RANGE", "sample 2"),
    )
  })
})

describe("gather and subset", () => {
  it("copy the samples in the order asked for", () => {
    const part = subset(counted(6), [4, 0, 4])
    expect([...part.inputs]).toEqual([4, 4.5, 0, 0.5, 4, 4.5])
    expect([...part.targets]).toEqual([4, 0, 4])
    expect(part).toMatchObject({ length: 3, name: "counted", classes: 6 })
  })

  it("keep the type of the targets", () => {
    const values = { name: "v", inputShape: [1], targetShape: [1] }
    const regression = arrayDataset({
      ...values,
      inputs: new Float32Array(2),
      targets: Float32Array.of(0.5, 1.5),
    })
    expect(gather(regression, [1]).targets).toEqual(Float32Array.of(1.5))
  })

  it("share no memory with the data set", () => {
    const whole = counted(3)
    gather(whole, [0, 1, 2]).inputs.fill(9)
    expect(whole.inputs[1]).toBe(0.5)
  })

  it("refuse an index that is not there", () => {
    expect(() => gather(counted(3), [0, 3])).toThrow(withCode("NABLA_INDEX_OUT_OF_RANGE", "from 0 to 2"))
    expect(() => gather(counted(3), [-1])).toThrow(withCode("NABLA_INDEX_OUT_OF_RANGE"))
  })
})

describe("split", () => {
  it("cuts without overlap or loss, in order without a seed", () => {
    const [train, test] = split(counted(10), [0.8, 0.2])
    expect([...train!.targets]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect([...test!.targets]).toEqual([8, 9])
  })

  it("shuffles by the seed and still holds every sample once", () => {
    const parts = split(counted(101), [0.5, 0.3, 0.2], 7)
    const all = parts.flatMap((part) => [...part.targets])
    expect(all).not.toEqual([...all].sort((a, b) => a - b))
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 101 }, (_, i) => i))
    expect(split(counted(101), [0.5, 0.3, 0.2], 7)[0]!.targets).toEqual(parts[0]!.targets)
    expect(split(counted(101), [0.5, 0.3, 0.2], 8)[0]!.targets).not.toEqual(parts[0]!.targets)
  })

  it("leaves samples out when the fractions do not fill the whole", () => {
    expect(split(counted(10), [0.3, 0.3]).map((part) => part.length)).toEqual([3, 3])
  })

  it("takes thirds as a whole despite rounding", () => {
    expect(split(counted(10), [1 / 3, 1 / 3, 1 / 3]).map((part) => part.length)).toEqual([3, 4, 3])
  })

  it("refuses fractions that make no sense and parts without a sample", () => {
    expect(() => split(counted(10), [0.8, 0.3])).toThrow(withCode("NABLA_INVALID_ARGUMENT"))
    expect(() => split(counted(10), [0, 1])).toThrow(withCode("NABLA_INVALID_ARGUMENT"))
    expect(() => split(counted(10), [Number.NaN])).toThrow(withCode("NABLA_INVALID_ARGUMENT"))
    expect(() => split(counted(3), [0.9, 0.1])).toThrow(withCode("NABLA_EMPTY_DATA"))
  })
})
