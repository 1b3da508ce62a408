import type { Check } from "../check.ts"

const HINT = 0.01
const LEAK = 0.1

export const trainTestLeak: Check = {
  name: "train-test-leak",
  title: "Examples of the test set are in the training set",
  causes: ["overfitting"],
  async examine(patient) {
    const { testSample, batches } = patient
    if (testSample === null) return { skipped: "no held-out data were given" }
    const [known, held] = await Promise.all([
      Promise.all(batches.map(async ([x]) => rowKeys(await x.data(), x.shape[0]!))).then((all) => all.flat()),
      testSample[0].data().then((values) => rowKeys(values, testSample[0].shape[0]!)),
    ])
    const distinct = new Set(known)
    const leaked = held.filter((key) => distinct.has(key)).length / held.length
    // Where few different examples exist, the same one comes up in both by chance.
    const chance = 1 - distinct.size / known.length
    const evidence = [
      {
        what: "share of the held-out examples that are in the training data, number by number",
        measured: leaked,
        threshold: `below ${HINT}, or below the share of copies in the training data (${chance.toPrecision(2)})`,
        why: "what is known by heart says nothing about new examples",
        excess: leaked / HINT,
      },
    ]
    if (leaked < HINT || leaked <= 2 * chance) return { fine: evidence }
    return {
      finding: {
        severity: leaked >= LEAK ? "error" : "warning",
        layers: [],
        explanation:
          "The held-out data measure memory instead of generalisation: overfitting does not show, and the result is too good.",
        evidence,
        remedies: [
          {
            text: "Remove copies first, then split once, before any augmentation.",
            code: "const [train, test] = data.split(dataset, [0.8, 0.2], { seed: 1 })",
          },
        ],
        references: [
          {
            title: "Barz & Denzler, Do we train on test data? (2020)",
            url: "https://arxiv.org/abs/1902.00423",
          },
        ],
      },
    }
  },
}

function rowKeys(values: ArrayLike<number>, rows: number): string[] {
  const width = values.length / rows
  const list = Array.from(values)
  return Array.from({ length: rows }, (_, i) => list.slice(i * width, (i + 1) * width).join())
}
