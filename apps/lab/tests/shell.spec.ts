import { expect, test } from "@playwright/test"
import { badge, open } from "./page.ts"

const slug = "16-adam-bias-correction"

test("the prediction is asked for once, and remembered", async ({ page }) => {
  await open(page, slug)
  await expect(badge(page)).toBeVisible()
  await page.reload()
  await expect(badge(page)).toBeVisible()
  await expect(page.getByRole("button", { name: "Just show me" })).toHaveCount(0)
})

test("a lecture steps through the prepared states by key, and asks nobody", async ({ page }) => {
  await page.goto(`./#/${slug}`)
  await page.getByRole("button", { name: "Lecture" }).click()
  expect(page.url()).toContain("lecture=1")
  await expect(badge(page)).toBeVisible()
  const states = page.getByRole("navigation", { name: "Prepared states" })
  await expect(states).toContainText("1 of 3")
  await page.locator("body").press("ArrowRight")
  await expect(states).toContainText("2 of 3")
  await expect(page.getByRole("spinbutton", { name: "β₂" })).toHaveValue("0.99")
  await page.locator("body").press("PageUp")
  await expect(states).toContainText("1 of 3")
  await page.reload()
  await expect(states).toBeVisible()
})

test("a link hides controls", async ({ page }) => {
  await page.goto(`./#/${slug}?v=1&hide=beta1,prediction`)
  await expect(badge(page)).toBeVisible()
  await expect(page.getByRole("spinbutton", { name: "β₂" })).toBeVisible()
  await expect(page.getByRole("spinbutton", { name: "β₁" })).toHaveCount(0)
})

test("a link carries the state; changes go into the address", async ({ page }) => {
  await open(page, slug, "?v=1&beta1=0.5&steps=50")
  await expect(page.getByRole("spinbutton", { name: "β₁" })).toHaveValue("0.5")
  await page.getByRole("spinbutton", { name: "Steps" }).fill("60")
  await page.getByRole("spinbutton", { name: "Steps" }).press("Enter")
  await expect.poll(() => page.url()).toContain("steps=60")
  expect(page.url()).toContain("beta1=0.5")
})

test("what is odd about a link is said, and the rest is taken", async ({ page }) => {
  await page.goto(`./#/${slug}?v=9&beta1=7&nonsense=1&beta2=0.9`)
  await expect(page.getByText("made by a newer Lab")).toBeVisible()
  await expect(page.getByText("“β₁” to “7”, which it does not take")).toBeVisible()
  await expect(page.getByText("“nonsense”, which is not known here")).toBeVisible()
  await expect(page.getByRole("spinbutton", { name: "β₂" })).toHaveValue("0.9")
})

for (const link of ["%E0%A4%A", "?v=", "//?v=1&v=2", "<script>"]) {
  test(`the malformed link “${link}” leaves a page that works`, async ({ page }) => {
    await page.goto(`./#/${link}`)
    await page.getByRole("link", { name: "nabla Lab" }).click()
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Predict, manipulate, observe")
  })
}

for (const [name, error] of [
  ["full", "QuotaExceededError"],
  ["forbidden", "SecurityError"],
] as const) {
  test(`storage that is ${name} is said once, and everything works`, async ({ page }) => {
    await page.addInitScript((kind) => {
      Storage.prototype.setItem = () => {
        throw new DOMException("no", kind)
      }
      if (kind === "SecurityError") {
        Storage.prototype.getItem = () => {
          throw new DOMException("no", kind)
        }
      }
    }, error)
    await open(page, slug)
    await expect(page.getByText(/last only as long as this page/)).toBeVisible()
    await expect(badge(page)).toHaveText("✓ Law holds")
    await page.getByRole("button", { name: "Clear what the Lab has stored" }).click()
    await expect(page.getByText(/last only as long as this page/)).toHaveCount(0)
  })
}

test("a Worker that dies is replaced by one click", async ({ page }) => {
  await open(page, slug, "?v=1&steps=2000")
  await expect(badge(page)).toHaveText("✓ Law holds")
  const [worker] = page.workers()
  await worker!.evaluate(() => {
    setTimeout(() => {
      throw new Error("out of memory")
    })
    // A run that is under way when it happens.
    const until = performance.now() + 300
    setTimeout(() => {
      while (performance.now() < until);
    })
  })
  await page.getByRole("spinbutton", { name: "Steps" }).fill("100")
  await page.getByRole("spinbutton", { name: "Steps" }).press("Enter")
  await expect(badge(page)).toHaveText("✓ Law holds")
})

test("an engine that runs without end is ended, and one click brings the last good state back", async ({
  page,
}) => {
  await page.clock.install()
  await open(page, slug)
  await page.clock.runFor(500)
  await expect(badge(page)).toHaveText("✓ Law holds")
  const [worker] = page.workers()
  void worker!
    .evaluate(() => {
      for (;;);
    })
    .catch(() => {})
  await page.getByRole("spinbutton", { name: "Steps" }).fill("100")
  await page.getByRole("spinbutton", { name: "Steps" }).press("Enter")
  await page.clock.runFor(16_000)
  await expect(page.getByRole("alert")).toContainText("has not answered")
  await page.getByRole("button", { name: "Back to the last good state" }).click()
  await page.clock.runFor(1000)
  await expect(page.getByRole("alert")).toHaveCount(0)
  await expect(page.getByRole("spinbutton", { name: "Steps" })).toHaveValue("200")
})

test("a run rests while the page is in the background, and goes on after it", async ({ page }) => {
  await open(page, slug)
  await expect(badge(page)).toHaveText("✓ Law holds")
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true })
    document.dispatchEvent(new Event("visibilitychange"))
    Object.defineProperty(document, "hidden", { value: false, configurable: true })
    document.dispatchEvent(new Event("visibilitychange"))
  })
  await page.getByRole("spinbutton", { name: "Steps" }).fill("100")
  await page.getByRole("spinbutton", { name: "Steps" }).press("Enter")
  await expect(badge(page)).toHaveText("✓ Law holds")
})
