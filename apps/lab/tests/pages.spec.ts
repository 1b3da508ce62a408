import { expect, test } from "@playwright/test"
import { pages } from "../src/app/pages.ts"
import { findExperiments } from "./experiments.ts"
import { expectSound, open, watchErrors } from "./page.ts"

const [first] = await findExperiments()

for (const address of [
  "",
  ...pages.filter(({ hidden }) => !hidden).map(({ slug }) => slug),
  `summary?of=${first!.slug}`,
  "no-such-page",
]) {
  test(`the page “${address}” is sound at both sizes and in both schemes`, async ({ page }) => {
    const errors = watchErrors(page)
    await page.goto(`./#/${address}`)
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible()
    await expectSound(page)
    expect(errors).toEqual([])
  })
}

test("the course keeps what was done, and forgets it when asked", async ({ page }) => {
  await open(page, first!.slug)
  await page.getByRole("link", { name: "Course" }).click()
  await expect(page.getByText(/^1 of \d+ done$/)).toBeVisible()
  await page.reload()
  await expect(page.getByText(/^1 of \d+ done$/)).toBeVisible()
  await page.getByRole("button", { name: "Forget my progress" }).click()
  await expect(page.getByText(/^0 of \d+ done$/)).toBeVisible()
})

for (const { slug, meta } of await findExperiments()) {
  test(`the summary of ${slug} is one printed page`, async ({ page }) => {
    await page.goto(`./#/summary?of=${slug}`)
    await expect(page.getByRole("heading", { level: 1, name: meta.title })).toBeVisible()
    await expect(page.getByRole("status")).toHaveText("✓ Law holds")
    const pdf = (await page.pdf({ format: "A4" })).toString("latin1")
    expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1)
  })
}
