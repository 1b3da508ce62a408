import type { Page } from "@playwright/test"
import { expect, test } from "@playwright/test"
import { expectAccessible, watchErrors } from "./page.ts"

/** TensorFlow Playground's inventory, driven as a person would. */

async function openPlayground(page: Page, query = ""): Promise<string[]> {
  const errors = watchErrors(page)
  await page.goto(
    query.startsWith("#") ? `./${query}` : `./#/playground${query === "" ? "" : `?v=1&${query}`}`,
  )
  await expect(page.getByRole("button", { name: "Play" })).toBeEnabled()
  return errors
}

const epoch = async (page: Page): Promise<number> =>
  Number((await page.getByLabel("Epoch", { exact: true }).textContent())!.replace(",", ""))

test("play, pause, step, reset and rewind", async ({ page }) => {
  const errors = await openPlayground(page)
  await page.getByRole("button", { name: "Step" }).click()
  await expect(page.getByLabel("Epoch", { exact: true })).toHaveText("000,001")
  await page.getByLabel("Speed").selectOption("max")
  await page.getByRole("button", { name: "Play" }).press("Enter")
  await expect.poll(() => epoch(page)).toBeGreaterThan(50)
  await page.getByRole("button", { name: "Pause" }).press("Enter")
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible()
  const reached = await epoch(page)
  await page.getByRole("slider", { name: "Rewind" }).press("ArrowLeft")
  await expect.poll(() => epoch(page)).toBeLessThan(reached)
  await page.getByRole("button", { name: "Reset" }).click()
  await expect(page.getByLabel("Epoch", { exact: true })).toHaveText("000,000")
  expect(errors).toEqual([])
})

test("a weight set in the table stands in the link, and the link gives it back", async ({ page }) => {
  await openPlayground(page)
  await page.getByText("All weights as a table").click()
  const weight = page.getByLabel("neuron 1, weight from x")
  await weight.fill("2.5")
  await weight.press("Enter")
  await expect.poll(() => page.url()).toContain("edits=1.0.0.2.5")
  await page.reload()
  await page.getByText("All weights as a table").click()
  await expect(page.getByLabel("neuron 1, weight from x")).toHaveValue("2.5")
})

test("opens a link of TensorFlow Playground, and says what it does not know", async ({ page }) => {
  await openPlayground(
    page,
    "#activation=relu&dataset=spiral&networkShape=6,4,3&noise=10&seed=0.5&xSquared=true&showTestData=true&wrong=1",
  )
  await expect(page.getByLabel("Algorithm")).toHaveValue("playground")
  await expect(page.getByLabel("Activation", { exact: true })).toHaveValue("relu")
  await expect(page.getByText("3 hidden layers")).toBeVisible()
  await expect(page.getByText("“wrong”, which is not known here")).toBeVisible()
  await expect(page.getByRole("button", { name: "Feature x²" })).toHaveAttribute("aria-pressed", "true")
})

test("a run that diverges says where, and goes on with a smaller rate", async ({ page }) => {
  await openPlayground(page, "problem=regression&activation=relu&learningRate=10")
  await page.getByRole("button", { name: "Play" }).click()
  await expect(page.getByRole("alert")).toContainText(/At step \d+ \(epoch \d+\)/)
  await expectAccessible(page)
  await page.getByRole("button", { name: "From the start" }).click()
  await expect(page.getByRole("alert")).toHaveCount(0)
  await expect(page.getByLabel("Learning rate")).toHaveValue("1")
})

test("explains a CSV with text and an empty data set, and takes a good CSV", async ({ page }) => {
  await openPlayground(page)
  await page.getByRole("button", { name: "Own points" }).click()
  await expect(page.getByRole("alert")).toContainText("no point to train on")
  const csv = (text: string) => ({ name: "own.csv", mimeType: "text/csv", buffer: Buffer.from(text) })
  const chooser = page.getByLabel("Open a CSV")
  await chooser.setInputFiles(csv("a,b,c\nx,y,z\n"))
  await expect(page.getByText("needs two columns of numbers")).toBeVisible()
  const rows = Array.from({ length: 40 }, (_, i) => `${i},${(7 * i) % 40},${i < 20 ? "low" : "high"}`)
  await chooser.setInputFiles(csv(`a,b,c\n${rows.join("\n")}\n`))
  await expect(page.getByText("40 points.")).toBeVisible()
  await expect(page.getByRole("alert")).toHaveCount(0)
})

test("an empty set of own points, as a link may bring it, is painted on", async ({ page }) => {
  await page.goto("./#/playground?v=1&dataset=own")
  await expect(page.getByRole("alert")).toContainText("no point to train on")
  await expect(page.getByRole("button", { name: "Play" })).toBeDisabled()
  await expectAccessible(page)
  await page.getByRole("button", { name: "Paint points with label 1", exact: true }).click()
  const output = page.getByRole("img", { name: /^Output\./ })
  for (const x of [80, 120, 160]) {
    await output.click({ position: { x, y: x } })
    await expect.poll(() => page.url()).toContain("points=")
  }
  await expect(page.getByText("3 points.")).toBeVisible()
  await expect(page.getByRole("alert")).toHaveCount(0)
  await page.getByRole("button", { name: "Step" }).click()
  await expect(page.getByLabel("Epoch", { exact: true })).toHaveText("000,001")
})

test("a layer has its own normalisation, dropout stands in the link, and pictures are saved as SVG", async ({
  page,
}) => {
  await openPlayground(page)
  await page.getByLabel("Normalisation of layer 2").selectOption("batch")
  await expect.poll(() => page.url()).toContain("norms=none%2Cbatch")
  await page.getByLabel(/^Dropout/).press("ArrowRight")
  await expect.poll(() => page.url()).toContain("dropout=0.05")
  await page.getByRole("button", { name: "Step" }).click()
  await expect(page.getByLabel("Epoch", { exact: true })).toHaveText("000,001")
  for (const name of ["Network (SVG)", "Output (SVG)", "Losses (SVG)"]) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/\.svg$/)
    const text = await (await import("node:fs/promises")).readFile((await download.path())!, "utf8")
    expect(text).toMatch(/^<svg /)
    const broken = await page.evaluate(
      (svg) => new DOMParser().parseFromString(svg, "image/svg+xml").querySelector("parsererror") !== null,
      text,
    )
    expect(broken).toBe(false)
  }
})

test("the doctor says what he notices while the run goes on", async ({ page }) => {
  await openPlayground(page, "activation=linear")
  await page.getByRole("button", { name: "Step" }).click()
  await expect(
    page.getByText(/layers follow each other without a non-linearity \(since epoch 1/),
  ).toBeVisible()
})

test("weights are saved and opened again", async ({ page }) => {
  await openPlayground(page)
  await page.getByRole("button", { name: "Step" }).click()
  await expect(page.getByLabel("Epoch", { exact: true })).toHaveText("000,001")
  const loss = page.getByRole("row", { name: "Loss" })
  const after = await loss.textContent()
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Weights (safetensors)" }).click(),
  ])
  await page.getByRole("button", { name: "Reset" }).click()
  await expect(loss).not.toHaveText(after!)
  await page.getByLabel("Open weights").setInputFiles({
    name: "weights.safetensors",
    mimeType: "application/octet-stream",
    buffer: await (await import("node:fs/promises")).readFile((await download.path())!),
  })
  await expect(loss).toHaveText(after!)
})

test("a second run beside it is at the same epoch", async ({ page }) => {
  await openPlayground(page)
  await page.getByLabel("What it does otherwise").selectOption("optimizer")
  await expect(page.getByText("Output of the second run")).toBeVisible()
  await page.getByRole("button", { name: "Step" }).click()
  await expect(page.getByRole("img", { name: /Output of the second run. Epoch 1/ })).toBeVisible()
})
