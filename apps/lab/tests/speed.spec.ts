import type { Page } from "@playwright/test"
import { expect, test } from "@playwright/test"
import { traceMainThread } from "./trace.ts"

/**
 * How fast the Playground trains and how little the page does for it. A machine may be busy, so the figures are printed
 * and only that there are some is tested. Aims: 1,000 epochs a second with everything visible, 8 ms a frame on a
 * processor four times slower, 1.5 s to the first paint.
 */
test.describe.configure({ mode: "serial" })

const SECONDS = 3

const epoch = async (page: Page): Promise<number> =>
  Number((await page.getByLabel("Epoch", { exact: true }).textContent())!.replaceAll(",", ""))

async function play(page: Page, speed: string): Promise<void> {
  await page.goto(`./#/playground?v=1&speed=${speed}`)
  await page.getByRole("button", { name: "Play" }).click()
  await expect.poll(() => epoch(page)).toBeGreaterThan(20)
}

test("epochs of the default playground a second, everything visible", async ({ page }) => {
  await play(page, "max")
  const [from, start] = [await epoch(page), performance.now()]
  await page.waitForTimeout(SECONDS * 1000)
  const rate = ((await epoch(page)) - from) / ((performance.now() - start) / 1000)
  console.log(`the Playground: ${Math.round(rate)} epochs a second with everything visible`)
  expect(rate).toBeGreaterThan(0)
})

for (const speed of ["1", "max"]) {
  test(`work of the main thread, at the speed “${speed}”`, async ({ page }) => {
    await play(page, speed)
    const cdp = await page.context().newCDPSession(page)
    for (const rate of [1, 4]) {
      await cdp.send("Emulation.setCPUThrottlingRate", { rate })
      const { frames, perFrame, parts } = await traceMainThread(cdp, () =>
        page.waitForTimeout(SECONDS * 1000),
      )
      console.log(
        `the Playground at ${speed === "max" ? "full speed" : "an epoch a frame"}, processor slowed ${rate} times: ` +
          `${perFrame.toFixed(1)} ms a frame on the main thread, ${Math.round(frames / SECONDS)} frames a second (${parts})`,
      )
      expect(frames).toBeGreaterThan(0)
    }
  })
}

test("the first paint on a slow line and a slow processor", async ({ page }) => {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send("Network.enable")
  // What Lighthouse takes for a telephone: 1.6 Mbit/s, 150 ms there and back, a processor four times slower.
  await cdp.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 150,
    downloadThroughput: 1.6e6 / 8,
    uploadThroughput: 0.75e6 / 8,
  })
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 })
  await page.goto("./")
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible()
  const paint = await page.evaluate(() =>
    Math.round(performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN),
  )
  console.log(
    `the first page, 1.6 Mbit/s and a processor slowed 4 times: first contentful paint after ${paint} ms`,
  )
  expect(paint).toBeGreaterThan(0)
})
