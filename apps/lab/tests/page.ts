import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "@playwright/test"
import { expect } from "@playwright/test"

export const desktop = { width: 1440, height: 900 }
export const phone = { width: 390, height: 844 }

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** Nothing that axe-core finds on what is on the screen. */
export async function expectAccessible(page: Page): Promise<void> {
  const found = await page.evaluate(async (source) => {
    if (!("axe" in globalThis)) new Function(source).call(globalThis)
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
    const { violations } = await axe.run()
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ""}`),
    )
  }, axe)
  expect(found).toEqual([])
}

/** Whatever can be pressed is as large as a finger, and nothing is wider than the screen. */
async function expectFits(page: Page): Promise<void> {
  const odd = await page.evaluate(() => {
    const found: string[] = []
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} wide on a screen of ${clientWidth}`)
    for (const element of document.querySelectorAll(
      "button, select, summary, input:not([type=radio], [type=checkbox])",
    )) {
      // A file is chosen by the button that its input lies in.
      const { width, height } = (element.closest("label.button") ?? element).getBoundingClientRect()
      if (width > 0 && height < 43.5) found.push(`${height} px high: ${element.outerHTML.slice(0, 120)}`)
    }
    return found
  })
  expect(odd).toEqual([])
}

/** What holds for every screen, at both sizes and in both colour schemes. */
export async function expectSound(page: Page): Promise<void> {
  for (const size of [phone, desktop]) {
    await page.setViewportSize(size)
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme })
      // Charts are drawn for the width that they get.
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      )
      await expectAccessible(page)
    }
    await expectFits(page)
  }
}

/** Errors of the page: a test that sees one fails at its end. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = []
  page.on("pageerror", (error) => errors.push(error.message))
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text())
  })
  return errors
}

/** Past the prediction, as a visitor who does not want to guess. */
export async function open(page: Page, slug: string, query = ""): Promise<void> {
  await page.goto(`./#/${slug}${query}`)
  await page.getByRole("button", { name: "Just show me" }).click()
}

export const badge = (page: Page) => page.getByRole("region", { name: "The law" }).getByRole("status")
