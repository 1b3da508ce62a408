import { memory, nn, optim, rand, setDefaultDevice, type Tensor, zeros } from "nabla"
import { afterAll, describe, expect, it } from "vitest"

/** Memory that the native device and the host share: nothing is freed too early, and nothing piles up. */

function reasonToSkip(): string | null {
  try {
    setDefaultDevice("native")
    return null
  } catch (error) {
    return String(error)
  }
}

const reason = reasonToSkip()
if (reason !== null) console.log(`native device: skipped (${reason})`)
afterAll(() => setDefaultDevice("wasm"))

describe.skipIf(reason !== null)("large values on the native device", () => {
  it("are right for as long as somebody keeps them", () => {
    const size = 50_000
    const kept: Tensor[] = []
    for (let i = 0; i < 40; i++) kept.push(zeros([size]).add(i).realize())
    for (let i = 0; i < 40; i++) {
      const doubled = kept[i]!.mul(2).realize()
      expect(kept[i]!.dataSync().every((x) => x === i)).toBe(true)
      expect(doubled.dataSync().every((x) => x === 2 * i)).toBe(true)
    }
  })

  it("are not changed by the steps after they were read", () => {
    const model = nn.linear(300, 200)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const x = rand([4, 300]).realize()
    const read: { now: Float32Array; then: Float32Array; tensor: Tensor }[] = []
    for (let step = 0; step < 30; step++) {
      optimizer.zeroGrad()
      model.forward(x).square().mean().backward()
      const tensor = model.weight.grad!.mul(1).realize()
      const now = tensor.dataSync() as Float32Array
      read.push({ now, then: now.slice(), tensor })
      optimizer.step()
    }
    for (const { now, then, tensor } of read) {
      expect(now.every((x, i) => x === then[i])).toBe(true)
      expect(tensor.dataSync().every((x, i) => x === then[i])).toBe(true)
    }
  })

  it("do not pile up on the device in a loop that never waits", () => {
    const model = nn.linear(300, 200)
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
    const x = rand([4, 300]).realize()
    const held = (): number[] => {
      const { liveBytes, liveAllocations, liveValues } = memory()
      return [liveBytes, liveAllocations, liveValues]
    }
    let early: number[] = []
    for (let step = 1; step <= 100; step++) {
      optimizer.zeroGrad()
      const loss = model.forward(x).square().mean()
      loss.backward()
      model.weight.grad!.realize()
      optimizer.step()
      loss.itemSync()
      if (step === 20) early = held()
    }
    expect(held()).toEqual(early)
  })
})
