import type { Page } from "@playwright/test"
import { expect, test } from "@playwright/test"
import { expectSound, watchErrors } from "./page.ts"

const editor = (page: Page) => page.getByRole("textbox", { name: "Script" })
const state = (page: Page) => page.getByRole("region", { name: "Editor" }).getByRole("status").first()

/** Puts a script in the place of the one that is there, as a person does. */
async function write(page: Page, script: string): Promise<void> {
  await editor(page).click()
  await page.keyboard.press("ControlOrMeta+a")
  await page.keyboard.press("Delete")
  await page.keyboard.insertText(script)
}

test.beforeEach(({ page }) => page.goto("./#/code"))

test("an example draws its curve, its graph, its layers and its histograms", async ({ page }) => {
  const errors = watchErrors(page)
  await page.getByRole("button", { name: "Run" }).click()
  await expect(state(page)).toContainText("Finished")
  await expect(page.getByRole("img", { name: /^Recorded\. loss is .* after 300 values/ })).toBeVisible()
  await expect(page.getByRole("img", { name: /^Graph\. \d+ nodes/ })).toBeVisible()
  await expect(page.getByRole("img", { name: /^Histogram: first weights/ })).toBeVisible()
  await expect(page.getByRole("rowheader", { name: /Linear/ }).first()).toBeVisible()
  await expect(page.getByRole("log")).toContainText("the last loss: 0.0")
  await expectSound(page)
  expect(errors).toEqual([])
})

test("a script is written and run by keyboard alone, and its link gives the same run", async ({
  page,
  context,
}) => {
  await write(
    page,
    'import { tensor } from "nabla"\nconst x: number = 3\nrecord("cube", tensor(x).pow(3))\nprint("η =", x)',
  )
  await page.keyboard.press("ControlOrMeta+Enter")
  await expect(page.getByRole("img", { name: "Recorded. cube is 27 after 1 values." })).toBeVisible()
  await expect(page.getByRole("log")).toHaveText("η = 3")
  const other = await context.newPage()
  await other.goto(page.url())
  await expect(editor(other)).toContainText('record("cube", tensor(x).pow(3))')
  await other.getByRole("button", { name: "Run" }).click()
  await expect(other.getByRole("log")).toHaveText("η = 3")
})

test("a script that throws is explained with its line, and what it had shown stays", async ({ page }) => {
  await write(page, 'import { tensor } from "nabla"\nrecord("a", 1)\ntensor([1, 2]).add(tensor([1, 2, 3]))')
  await page.getByRole("button", { name: "Run" }).click()
  await expect(page.getByRole("alert")).toContainText("(line 3)")
  await expect(page.locator(".cm-bad")).toContainText("tensor([1, 2])")
  await expect(page.getByRole("img", { name: /^Recorded/ })).toBeVisible()
  await write(page, "const = 1")
  await page.keyboard.press("ControlOrMeta+Enter")
  await expect(page.getByRole("alert")).toContainText("(line 1)")
})

test("Stop ends a loop without end, whose curve grows meanwhile", async ({ page }) => {
  await write(page, 'for (let i = 0; ; i++) record("i", i)')
  await page.keyboard.press("ControlOrMeta+Enter")
  await expect(page.getByRole("img", { name: /^Recorded/ })).toBeVisible()
  await page.getByRole("button", { name: "Stop" }).click()
  await expect(state(page)).toContainText("Stopped")
  await write(page, 'print("again")')
  await page.keyboard.press("ControlOrMeta+Enter")
  await expect(page.getByRole("log")).toHaveText("again")
})

test("a silent loop without end is caught, and the next script runs", async ({ page }) => {
  await write(page, "for (;;) {}")
  await page.keyboard.press("ControlOrMeta+Enter")
  await expect(state(page)).toContainText("silent for")
  await expect(page.getByText("or in a loop without end")).toBeVisible()
  await expect(page.getByRole("alert")).toContainText("did not answer", { timeout: 30_000 })
  await write(page, 'print("alive")')
  await page.keyboard.press("ControlOrMeta+Enter")
  await expect(page.getByRole("log")).toHaveText("alive")
})

test("a silent script is stopped before anybody's patience ends", async ({ page }) => {
  await write(page, "for (;;) {}")
  await page.keyboard.press("ControlOrMeta+Enter")
  await expect(state(page)).toContainText("silent for")
  await page.getByRole("button", { name: "Stop" }).click()
  await expect(state(page)).toContainText("Ready")
  await expect(page.getByRole("alert")).toHaveCount(0)
})

test("completion knows nabla with its signatures, and imports what is chosen", async ({ page }) => {
  await write(page, "")
  await page.keyboard.type("randn", { delay: 30 })
  const option = page.getByRole("option", { name: /^randn\(/ }).first()
  await expect(option).toBeVisible()
  // The editor takes no choice in the moment in which the list appears, so that nobody chooses by accident.
  await page.waitForTimeout(200)
  await page.keyboard.press("Enter")
  await expect(editor(page)).toContainText('import { randn } from "nabla"')
  await page.keyboard.type("([2]).matm", { delay: 30 })
  await expect(page.getByRole("option", { name: /^matmul\(other/ })).toBeVisible()
})

test("a damaged link leaves the script that was there, and says so", async ({ page }) => {
  await page.goto("./#/code?v=1&z=abc")
  await page.reload()
  await expect(page.getByText("The script in the link is damaged")).toBeVisible()
  await expect(editor(page)).toContainText("import")
})
