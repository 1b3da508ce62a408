import { expect, test } from "@playwright/test"
import type { Control } from "../src/experiments/controls.ts"
import { findExperiments } from "./experiments.ts"
import { badge, expectAccessible, expectSound, open, watchErrors } from "./page.ts"

for (const { slug, meta, experiment } of await findExperiments()) {
  test.describe(slug, () => {
    test("asks first, shows that the law holds, and that it does not when it is broken", async ({ page }) => {
      const errors = watchErrors(page)
      await page.goto(`./#/${slug}`)
      await expect(page.getByRole("heading", { level: 1, name: meta.title })).toBeVisible()
      await expect(page.getByText("Say first what you expect.")).toBeVisible()
      await expect(badge(page)).toHaveCount(0)
      await page.getByRole("radio", { name: experiment.prediction.options[0]![1] }).check()
      await expect(badge(page)).toHaveText("✓ Law holds")
      await expect(page.getByText(/As you said:|It came out otherwise:/)).toBeVisible()

      const broken = experiment.controls.broken!
      await page.getByRole("checkbox", { name: broken.label }).check()
      await expect(badge(page)).toHaveText("✗ Law does not hold")
      expect(page.url()).toContain("broken=1")
      await page.reload()
      await expect(page.getByRole("checkbox", { name: broken.label })).toBeChecked()
      await expect(badge(page)).toHaveText("✗ Law does not hold")
      expect(errors).toEqual([])
    })

    test("is sound at both sizes and in both schemes", async ({ page }) => {
      await page.goto(`./#/${slug}`)
      await expect(page.getByText("Say first what you expect.")).toBeVisible()
      await expectAccessible(page)
      await page.getByRole("button", { name: "Just show me" }).click()
      await expect(badge(page)).toContainText("Law")
      for (const summary of await page.locator("details > summary").all()) await summary.click()
      await expectSound(page)
    })

    test("is worked by the keyboard alone", async ({ page }) => {
      await open(page, slug)
      await expect(badge(page)).toBeVisible()
      const wanted = Object.entries(experiment.controls)
      const reached = new Set<string>()
      await page.locator("body").press("Tab")
      for (let presses = 0; presses < 120 && reached.size < wanted.length; presses++) {
        const { name, type, visible } = await page.evaluate(() => {
          const element = document.activeElement as HTMLInputElement
          const { outlineStyle } = getComputedStyle(element)
          const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent?.trim() ?? ""
          return { name, type: element.type, visible: outlineStyle !== "none" }
        })
        if (name !== "") expect(visible, `focus is seen on ${name}`).toBe(true)
        const found = wanted.find(([, { label }]) => name === label || name === `${label}, slider`)
        if (found !== undefined && !reached.has(found[0])) {
          const before = page.url()
          const [key, control] = found
          await page.keyboard.press(keyFor(control, type))
          if (control.kind !== "text")
            await expect.poll(() => page.url(), { message: `${key} answers` }).not.toBe(before)
          reached.add(key)
        }
        await page.keyboard.press("Tab")
      }
      expect([...reached].sort()).toEqual(wanted.map(([key]) => key).sort())
    })
  })
}

/** What changes a control that has its default. */
function keyFor(control: Control, type: string): string {
  if (control.kind === "switch") return "Space"
  if (type !== "range" || control.kind !== "number") return "ArrowDown"
  return control.default === control.min ? "End" : "Home"
}
