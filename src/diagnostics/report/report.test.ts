import { parseHTML } from "linkedom"
import { beforeAll, expect, test } from "vitest"
import { NablaError } from "../../base/index.ts"
import * as nn from "../../nn/index.ts"
import * as optim from "../../optim/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { manualSeed, noGrad, randn, setDefaultDevice } from "../../tensor/index.ts"
import type { Diagnosis } from "../doctor/index.ts"
import type { Report } from "../index.ts"
import { renderReport, reportOf, sparkline, watch } from "../index.ts"
import { quantilesOf, smoothed, thinned } from "./thin.ts"

const diagnosis: Diagnosis = {
  findings: [
    {
      name: "rate-too-high",
      title: "The rate is <too> high",
      severity: "error",
      layers: ["0.weight"],
      explanation: "Steps overshoot.",
      evidence: [{ what: "rate", measured: 0.5, threshold: "at most 2/λ = 0.1", why: "stability" }],
      remedies: [{ text: "Lower it:", code: "optim.sgd(parameters, { lr: 0.05 })" }],
      references: [{ title: "Cohen et al. 2021", url: "https://arxiv.org/abs/2103.00065" }],
    },
  ],
  passed: [
    {
      name: "dead-relu",
      title: "Dead units",
      evidence: [{ what: "share", measured: 0.01, threshold: "at most 0.5", why: "-" }],
    },
  ],
  skipped: [{ name: "labels", title: "Labels", reason: "there are none" }],
}

let report: Report

beforeAll(async () => {
  setDefaultDevice("wasm")
  manualSeed(1)
  const model = nn.mlp([2, 8, 8, 2], { activation: nn.tanh })
  const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
  const x = randn([40, 2])
  const y = noGrad(() => x.select(1, 0).gt(0).to("int32")) as Tensor
  for (let step = 0; step < 45; step++) {
    const loss = nn.crossEntropy(model.forward(x), y)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    await watch(model).after({ loss })
  }
  report = await reportOf(model, { title: "A & B", data: [x, y], optimizer, diagnosis, curvatureSeconds: 20 })
})

test("a report is gathered as plain data", () => {
  expect(report).toMatchObject({ version: 1, status: "completed", failure: null })
  expect(report.curves).toMatchObject([{ name: "loss", lines: [{ name: "training" }] }])
  expect(report.curves[0]!.lines[0]!.points).toHaveLength(45)
  expect(report.layers!.steps).toEqual([2, 12, 22, 32, 42])
  expect(report.layers!.layers.map(({ type }) => type)).toEqual([
    "Linear",
    "tanh",
    "Linear",
    "tanh",
    "Linear",
  ])
  expect(report.spectrum!.largest).toHaveLength(3)
  expect(report.landscape!.values).toHaveLength(13 * 13)
  expect(report.confusion!.matrix.flat().reduce((a, b) => a + b, 0)).toBe(40)
  expect(JSON.parse(JSON.stringify(report))).toEqual(report)
})

test("the page holds everything, needs nothing, and can be read without seeing it", async () => {
  const page = await renderReport(report)
  expect(page).not.toMatch(/<script|<link|<img|src=|@import|url\((?!#)/)
  const { document } = parseHTML(page)
  expect(document.querySelectorAll("h1")).toHaveLength(1)
  expect(document.querySelector("h1")!.textContent).toBe("A & B")
  const figures = [...document.querySelectorAll("figure")]
  expect(figures.map((it) => it.querySelector("h3")!.textContent)).toEqual([
    "Loss",
    "Confusion matrix",
    "Outputs over depth",
    "Outputs over time",
    "Gradient norms",
    "Gradient over depth",
    "Update to weight",
    "Spectrum of the Hessian",
    "Loss around the model",
  ])
  for (const figure of figures) {
    expect(figure.querySelector("svg")!.getAttribute("role")).toBe("img")
    expect(figure.querySelector("svg")!.getAttribute("aria-label")!.length).toBeGreaterThan(20)
    expect(figure.querySelectorAll("tbody tr").length).toBeGreaterThan(0)
    expect(figure.querySelector("svg")!.outerHTML).not.toMatch(/NaN|Infinity|undefined/)
  }
  const finding = document.querySelector("article")!
  expect(finding.textContent).toContain("The rate is <too> high")
  expect(finding.querySelector("code")!.textContent).toContain("lr: 0.05")
  expect(finding.querySelector("a")!.getAttribute("href")).toBe("https://arxiv.org/abs/2103.00065")
  expect(document.querySelector("#fine")!.parentElement!.textContent).toContain("at most 0.5")
})

test("the same as Markdown, JSON and for a terminal", async () => {
  const markdown = await renderReport(report, "markdown")
  expect(markdown).toContain("### ✕ error: The rate is \\<too\\> high")
  expect(markdown).toContain("```ts\noptim.sgd(parameters, { lr: 0.05 })\n```")
  expect(JSON.parse(await renderReport(report, "json"))).toEqual(report)
  const terminal = await renderReport(report, "terminal")
  expect(terminal).toMatch(/loss, training {2}[▁-█]+/)
  expect(terminal).toContain("✕ error: The rate is <too> high (0.weight)")
  for (const line of terminal.split("\n")) expect(line.length).toBeLessThan(100)
  await expect(renderReport(report, "pdf" as never)).rejects.toMatchObject({ code: "NABLA_INVALID_ARGUMENT" })
})

test("a training that failed says why, and numbers that are not finite are drawn around", async () => {
  const model = nn.mlp([2, 4, 1])
  const error = new NablaError("NABLA_NON_FINITE", {
    message: "the loss is NaN at step 3",
    where: "0 (Linear)",
    got: "3 NaN of 8 numbers",
    hint: "lower the rate",
  })
  const history = [1, 2, Number.NaN, 4].map((loss, i) => ({ step: i + 1, loss }))
  const failed = await reportOf(model, { error, history })
  expect(failed).toMatchObject({ status: "failed", failure: { where: "0 (Linear)" }, diagnosis: null })
  const page = await renderReport(failed)
  expect(page).toContain("Why it ended")
  expect(page).toContain("3 NaN of 8 numbers")
  expect(await renderReport(failed, "terminal")).toContain("×")
})

test("sparklines, quantiles, thinning and running means", () => {
  expect(sparkline([1, 2, 4, 8])).toBe("▁▃▆█")
  expect(sparkline([1, Number.NaN, 1])).toBe("▁×▁")
  expect(quantilesOf({ min: 0, max: 10, counts: [1, 1] })).toEqual([0.5, 2.5, 5, 7.5, 9.5])
  expect(thinned([0, 1, 2, 3, 4], 3)).toEqual([0, 2, 4])
  const line = [0, 1, 2, 3, 4].map((x) => [x, 2 * x] as const)
  expect(smoothed(line, 3)).toEqual(line)
})
