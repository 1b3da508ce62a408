import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { GraduateStudent } from "../../schedules/index.ts"
import { specification } from "../terminal/specification.ts"
import { RateControl } from "./rate-control.ts"
import { makeSchedule, scheduleTable, steps } from "./schedules.ts"

const folder = mkdtempSync(join(tmpdir(), "nabla-rates-"))
afterAll(() => rmSync(folder, { recursive: true }))

const length = { lr: 0.1, total: 1000, stepsPerEpoch: 100 }
const made = (text: string, warmUp: string | number = 0) =>
  makeSchedule(specification("--schedule")(text), warmUp, length)

test("lengths are steps, epochs and shares", () => {
  expect([7, "2ep", "0.5ep", "10%", "0.01%"].map((value) => steps("x", value, length))).toEqual([
    7, 200, 50, 100, 1,
  ])
  for (const value of ["2e", "x%", -1, 1.5, true, null])
    expect(() => steps("x", value, length)).toThrow("such as 2ep")
})

describe("each schedule", () => {
  const names = scheduleTable.map(({ name }) => name).filter((name) => name !== "replay")
  test.for(names)("%s has defaults that last for the whole training, also after a warm-up", (name) => {
    for (const warmUp of [0, "10%"]) {
      const { schedule } = made(name, warmUp)
      for (const step of [0, 1, 99, 100, 500, 999, 1000]) {
        expect(schedule(step)).toBeGreaterThanOrEqual(0)
        expect(schedule(step)).toBeLessThanOrEqual(0.1)
      }
    }
  })

  test("takes the options of the library", () => {
    expect(made("step:size=2ep,gamma=0.5").schedule(200)).toBe(0.05)
    expect(made("multi-step:milestones=10%/500").schedule(500)).toBeCloseTo(0.001, 12)
    expect(made("multi-step:milestones=10").schedule(10)).toBeCloseTo(0.01, 12)
    expect(made("exponential").schedule(1000)).toBeCloseTo(0.001, 12)
    expect(made("cosine:min=0.01", 500).schedule(1000)).toBeCloseTo(0.01, 12)
  })

  test("the momentum keeps time with the rate, also after a warm-up", () => {
    const { schedule, momentum } = made("one-cycle:momentum=0.8/0.9", 100)
    const peak = Array.from({ length: 1000 }, (_, t) => schedule(t)).reduce(
      (best, rate, t, all) => (rate > all[best]! ? t : best),
      0,
    )
    expect(momentum!(peak)).toBeCloseTo(0.8, 9)
    expect([momentum!(0), momentum!(100), momentum!(999)].map((m) => Math.round(m * 1000))).toEqual([
      900, 900, 900,
    ])
  })
})

describe("recorded rates", () => {
  test("are read, and what is none says so", () => {
    const [good, bad, other] = ["good", "bad", "other"].map((name) => join(folder, `${name}.json`)) as [
      string,
      string,
      string,
    ]
    writeFileSync(good, JSON.stringify(new GraduateStudent(0.3)))
    expect(made(`replay:past=hold,file=${good}`).schedule(50)).toBe(0.3)
    writeFileSync(bad, "{")
    expect(() => made(`replay:file=${bad}`)).toThrow("NABLA_FILE_FORMAT")
    writeFileSync(other, "[1]")
    expect(() => made(`replay:file=${other}`)).toThrow("no record of learning rates")
    expect(() => made(`replay:file=${folder}/none.json`)).toThrow("NABLA_FILE_NOT_FOUND")
  })
})

describe("a rate that is set by hand", () => {
  /** A terminal that presses keys. */
  function terminal() {
    const listeners = new Map<string, (text: string, key: { name: string }) => void>()
    const state = { isTTY: true, isRaw: false }
    return Object.assign(state, {
      press: (name: string) => listeners.get("keypress")?.("", { name }),
      on: (event: string, listener: () => void) => listeners.set(event, listener),
      off: (event: string) => listeners.delete(event),
      listenerCount: () => 0,
      setRawMode: (on: boolean) => (state.isRaw = on),
      resume: () => {},
      pause: () => {},
    })
  }

  test("by keys, and the terminal is left as it was", () => {
    const [student, input, notes] = [new GraduateStudent(0.1), terminal(), [] as string[]]
    const note = (text: string) => void notes.push(text)
    const control = new RateControl(student, { files: () => [], input: input as never, note })
    expect(input.isRaw).toBe(true)
    for (const key of ["up", "pagedown", "x"]) input.press(key)
    expect(student.rate).toBeCloseTo(0.0125, 12)
    expect(notes).toEqual(["learning rate 0.125", "learning rate 0.0125"])
    control.dispose()
    expect(input.isRaw).toBe(false)
  })

  test("by a file that appears, changes, and holds nonsense", () => {
    const [student, notes, file] = [new GraduateStudent(0.1), [] as string[], join(folder, "rate")]
    const note = (text: string) => void notes.push(text)
    const control = new RateControl(student, { files: () => [file], input: { isTTY: false } as never, note })
    const write = (text: string): number => {
      writeFileSync(file, text)
      control.look()
      return student.rate
    }
    control.look()
    expect(student.rate).toBe(0.1)
    expect([write("0.25\n"), write("fast!"), write("-1"), write(" 5e-3 ")]).toEqual([0.25, 0.25, 0.25, 0.005])
    expect(notes.filter((text) => text.includes("holds no learning rate"))).toHaveLength(2)
    control.dispose()
  })
})
