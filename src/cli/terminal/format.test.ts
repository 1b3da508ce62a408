import { expect, test } from "vitest"
import type { StepEvent } from "../../train/index.ts"
import { clock, count, duration, loss, percent, scores } from "./format.ts"
import { Pace } from "./pace.ts"

test("numbers are written for people", () => {
  expect([2.302585, 0.05, 0, 3.14e-7, 12345.6].map(loss)).toEqual([
    "2.3026",
    "0.0500",
    "0.0000",
    "3.14e-7",
    "1.23e+4",
  ])
  expect([Number.NaN, Number.POSITIVE_INFINITY].map(loss)).toEqual(["NaN", "Infinity"])
  expect(count(12345.6)).toBe("12,346")
  expect(percent(0.9744)).toBe("97.44 %")
  expect([0.4, 59.6, 200, 7500].map(duration)).toEqual(["0 s", "1 min 0 s", "3 min 20 s", "2 h 5 min"])
  expect([4.4, 59.6, 7500].map(clock)).toEqual(["0:04", "1:00", "125:00"])
  expect(scores({ loss: 1, accuracy: 0.5 })).toBe("loss 1.0000, accuracy 50.00 %")
  expect(scores({ loss: 1 })).toBe("loss 1.0000")
})

test("the pace leaves out the steps in which kernels are made", () => {
  const pace = new Pace()
  const step = (number: number, seconds: number): StepEvent => {
    const place = { epoch: 1, epochs: 2, batch: number, batches: 10, step: number }
    return { ...place, samples: 8, values: {}, means: {}, seconds }
  }
  for (let number = 1; number <= 3; number++) pace.add(step(number, 5 * number))
  expect([pace.samplesPerSecond, pace.secondsLeft]).toEqual([undefined, undefined])
  pace.add(step(4, 16))
  pace.add(step(5, 17))
  expect([pace.samplesPerSecond, pace.secondsLeft]).toEqual([8, 15])
})
