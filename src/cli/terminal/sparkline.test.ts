import { expect, test } from "vitest"
import { Sparkline } from "./sparkline.ts"

test("a falling loss is a falling line, never longer than twelve characters", () => {
  const line = new Sparkline()
  expect(line.text()).toBe("")
  for (let i = 0; i < 8; i++) line.add(2 ** -i)
  expect(line.text()).toBe("█▇▆▅▄▃▂▁")
  for (let i = 8; i < 5000; i++) {
    line.add(Math.exp(-i / 500))
    expect(line.text().length).toBeLessThanOrEqual(12)
  }
  expect(line.text()[0]).toBe("█")
  expect(line.text().at(-1)).toBe("▁")
})

test("equal values, zeros and values that are none", () => {
  const line = new Sparkline()
  line.add(1)
  line.add(1)
  expect(line.text()).toBe("▁▁")
  line.add(0)
  expect(line.text()).toBe("██▁")
})
