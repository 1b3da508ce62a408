import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { Patient } from "../patient.ts"

/** What is learnt holds for the examples that were seen and for no others. */
export const overfitting: Check = {
  name: "overfitting",
  title: "the model overfits",
  causes: [],
  async examine(patient: Patient): Promise<Verdict> {
    const curve = turned(patient)
    const gap = await gapOf(patient)
    const evidence = [...(curve === null ? [] : [curve]), ...(gap === null ? [] : [gap])]
    if (evidence.length === 0)
      return { skipped: "there are no held-out data, or the model is not trained yet" }
    const wrong = evidence.filter(({ excess = 0 }) => excess > 1)
    if (wrong.length === 0) return { fine: evidence }
    return {
      finding: {
        severity: "warning",
        layers: [],
        explanation:
          "The loss on the training data goes on falling while that on held-out data does not follow: the model learns the examples by heart.",
        evidence: wrong,
        remedies: [
          {
            text: "stop where the held-out loss is smallest",
            code: "fit(model, loader, { callbacks: [new EarlyStopping({ patience: 5 })] })",
          },
          {
            text: "more or augmented data",
            code: "new data.DataLoader(dataset, { augment: data.randomAffine({ degrees: 10 }) })",
          },
          {
            text: "a smaller model, dropout, or weight decay",
            code: "optim.adamW(model.parameters(), { weightDecay: 0.01 })",
          },
        ],
        references: [{ title: "Prechelt 1998, Early stopping – but when?" }],
      },
    }
  },
}

/** How far the held-out loss has risen above its minimum while the training loss went on falling. */
function turned({ history: { epochs } }: Patient): Evidence | null {
  const known = epochs.filter(({ testLoss, trainLoss }) => testLoss !== null && Number.isFinite(trainLoss))
  if (known.length < 3) return null
  const best = known.reduce((a, b) => (b.testLoss! < a.testLoss! ? b : a))
  const last = known.at(-1)!
  const rise = last.testLoss! / best.testLoss! - 1
  const fell = last.trainLoss < best.trainLoss
  return {
    what: `rise of the held-out loss above its smallest value (epoch ${best.epoch}) while the training loss fell`,
    measured: fell ? rise : 0,
    threshold: "at most 0.1",
    why: "generalisation loss: a rise of 5 to 10 % is hardly ever made up for (Prechelt 1998)",
    excess: fell ? rise / 0.1 : 0,
  }
}

/** The gap of the losses now, in standard errors that the scatter of either gives. */
async function gapOf(patient: Patient): Promise<Evidence | null> {
  if (!patient.trained || patient.testSample === null) return null
  const { train, test } = await patient.trainTestGap()
  if (test === null) return null
  const [a, b] = [patient.sample[0].shape[0] ?? 1, patient.testSample[0].shape[0] ?? 1]
  // The scatter of single losses is about as large as their mean (that of an exponential law).
  const error = test * Math.sqrt(1 / a + 1 / b)
  const ratio = test / Math.max(train, 1e-12)
  const significant = test - train > 3 * error
  return {
    what: "loss on held-out data over that on training data",
    measured: ratio,
    threshold: "at most 2, or within 3 standard errors",
    why: "twice the loss on data that were not seen is no chance beyond 3 standard errors, and half of what was learnt does not hold",
    excess: significant ? ratio / 2 : 0,
  }
}
