import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { Patient } from "../patient.ts"

/** Batch norm by a handful of examples normalises each by its neighbours. */
export const batchNormSmallBatch: Check = {
  name: "batch-norm-small-batch",
  title: "the batch is too small for batch norm",
  causes: [
    "gradient-noise",
    "batch-norm-stale",
    "overfitting",
    "rate-too-high",
    "rate-too-low",
    "under-capacity",
    "exploding",
  ],
  async examine(patient: Patient): Promise<Verdict> {
    const report = await patient.batchNorm()
    if (report === null || report.layers.length === 0) return { skipped: "the model has no batch norm" }
    const { batchSize } = patient
    const layers = report.layers.map(({ path, noise }) => {
      const at = noise.findLast((one) => one.batchSize <= Math.max(2, batchSize)) ?? noise[0]
      return {
        path,
        noise: (at?.meanNoise ?? 0) * Math.sqrt((at?.batchSize ?? batchSize) / Math.max(1, batchSize)),
      }
    })
    const worst = layers.reduce((a, b) => (b.noise > a.noise ? b : a))
    const evidence: Evidence[] = [
      {
        what: "examples in a batch",
        measured: batchSize,
        threshold: "at least 5, better 16 (or group norm)",
        why: "ResNet-50's error on ImageNet rises from 23.6 % with 32 images per batch to 24.8 % with 8, 27.3 % with 4 and 34.7 % with 2 (Wu & He 2018, table 2)",
        excess: 5 / batchSize,
      },
      {
        what: `scatter of the batch mean in ${worst.path}, in standard deviations`,
        measured: worst.noise,
        threshold: "at most 0.5",
        why: "the mean of B independent examples scatters by 1/√B: 0.5 is that of four",
        excess: worst.noise / 0.5,
      },
    ]
    // With several values per channel and example, the smallest batches may still have good statistics.
    const few = batchSize <= 4
    if (!few) return { fine: evidence }
    return {
      finding: {
        severity: worst.noise >= 0.5 ? "error" : "warning",
        layers: report.layers.map(({ path }) => path),
        explanation: `Each batch of ${batchSize} is normalised by its own mean and variance, which say little about the data; the running statistics of the evaluation are other ones.`,
        evidence,
        remedies: [
          {
            text: "take batches of 16 or more",
            code: "new data.DataLoader(dataset, { batchSize: 32, shuffle: true })",
          },
          {
            text: "or normalise each example by itself",
            code: "nn.groupNorm(8, channels) // or nn.layerNorm(features)",
          },
        ],
        references: [{ title: "Wu & He 2018, Group normalization", url: "https://arxiv.org/abs/1803.08494" }],
      },
    }
  },
}
