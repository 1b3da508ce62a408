import type { ChildProcess } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Page } from "@playwright/test"
import { expect, test } from "@playwright/test"
import { CommandLine } from "../../../test/cli-harness.ts"
import { expectSound, watchErrors } from "./page.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const pages = process.env.LAB_DIST ?? join(root, "apps/lab/dist")
const nabla = new CommandLine()
const folder = nabla.path("runs")
const started: ChildProcess[] = []

function start(...args: string[]): ChildProcess {
  const child = nabla.start(...args)
  started.push(child)
  // What nobody reads would hold it up.
  child.stdout!.resume()
  child.stderr!.resume()
  return child
}

const train = (name: string, ...args: string[]): ChildProcess =>
  start("train", "--recipe", "mlp", "--data", "moons", "--name", name, "--out", folder, "--quiet", ...args)

const ended = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once("exit", resolve))

test.describe("with nabla lab", () => {
  test.describe.configure({ mode: "serial" })
  let address = ""

  test.beforeAll(async () => {
    test.setTimeout(120_000)
    await nabla.build()
    await ended(train("first", "--epochs", "3"))
    await ended(train("second", "--epochs", "2", "--optimizer", "sgd"))
    train("live", "--epochs", "1000000", "--schedule", "graduate-student")
    const lab = start("lab", "--out", folder, "--pages", pages, "--port", "0", "--no-open")
    address = await new Promise((resolve) =>
      lab.stdout!.on("data", (data) => {
        const [found] = /http:\S+/.exec(String(data)) ?? []
        if (found !== undefined) resolve(found)
      }),
    )
  })

  test.afterAll(async () => {
    for (const child of started.filter(({ exitCode }) => exitCode === null)) {
      const end = ended(child)
      child.kill("SIGTERM")
      await end
    }
    nabla.remove()
  })

  const run = (page: Page, name: string) => page.getByRole("checkbox", { name, exact: true })

  test("runs are listed, filtered by config, and compared", async ({ page }) => {
    const errors = watchErrors(page)
    await page.goto(`${address}#/runs`)
    await expect(page.getByText("3 of 3 runs")).toBeVisible()
    await page.getByRole("searchbox", { name: "Filter" }).fill("optimizer=sgd")
    await expect(page.getByText("1 of 3 runs")).toBeVisible()
    await expect(run(page, "first")).toHaveCount(0)
    await run(page, "second").check()
    await page.getByRole("searchbox", { name: "Filter" }).fill("")
    await run(page, "first").check()
    await expect(page.getByRole("img", { name: /^loss\. second: .*; first: / })).toBeVisible()
    await expect(page.getByRole("row", { name: /^optimizer sgd/ })).toBeVisible()
    expect(page.url()).not.toContain("token")
    expect(page.url()).toContain("runs=second%2Cfirst")
    await page.reload()
    await expect(run(page, "first")).toBeChecked()
    await expectSound(page)
    expect(errors).toEqual([])
  })

  test("the doctor's findings of a run are there", async ({ page }) => {
    await page.goto(`${address}#/runs?v=1&runs=first`)
    await expect(page.getByRole("heading", { name: "What the doctor found" })).toBeVisible()
    await expectSound(page)
  })

  test("a run that is being written grows, and its rate is set from here", async ({ page }) => {
    await page.goto(`${address}#/runs?v=1&runs=live`)
    const loss = page.getByRole("img", { name: /^loss\./ })
    await expect(loss).toBeVisible()
    const steps = async (): Promise<number> =>
      Number(/at step ([\d,]+)/.exec((await loss.getAttribute("aria-label")) ?? "")?.[1]?.replaceAll(",", ""))
    const before = await steps()
    await expect.poll(steps).toBeGreaterThan(before)
    const rate = page.getByRole("spinbutton", { name: "Rate" })
    await rate.fill("0.0123")
    await rate.press("Enter")
    await expect(page.getByText("Set to 0.0123")).toBeVisible()
    await expect(page.getByText("The rate of the last step is 0.0123.")).toBeVisible()
    expect(readFileSync(join(folder, "live/rates.json"), "utf8")).toContain("0.0123")
  })

  test("without the token nothing can be changed", async ({ page }) => {
    await page.goto(`${address.replace(/\?.*/, "")}#/runs?v=1&runs=live`)
    await expect(page.getByText("it holds a token")).toBeVisible()
    await expect(page.getByRole("button", { name: "× 10" })).toHaveCount(0)
  })
})

test("without a server the page says how, and opens files", async ({ page }) => {
  await page.goto("./#/runs")
  await expect(page.getByText("npx nabla lab")).toBeVisible()
  const files = page.getByLabel("Choose files")
  await files.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") })
  await expect(page.getByRole("alert")).toContainText("metrics.jsonl")
  const line = (step: number): string =>
    JSON.stringify({ kind: "step", step, epoch: 1, samples: 1, seconds: 1, loss: 1 / step })
  const buffer = Buffer.from(`${line(1)}\n${line(4)}\nbroken`)
  await files.setInputFiles({ name: "metrics.jsonl", mimeType: "application/json", buffer })
  await expect(page.getByRole("img", { name: "loss. metrics.jsonl: 0.25 at step 4." })).toBeVisible()
  await expect(page.getByText("1 line is no record")).toBeVisible()
  await expectSound(page)
})
