import type { Law, Reading } from "../experiment.ts"
import { agrees } from "../experiment.ts"
import type { Values } from "./controls.ts"
import type { CopyView } from "./copying.ts"
import type { MemoryView } from "./memory.ts"
import { FORGOTTEN } from "./memory.ts"
import type { PixelsView } from "./pixels.ts"
import type { View } from "./run.ts"
import type { ShiftsView } from "./shifts.ts"
import type { TextView } from "./text.ts"

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length

/** A law about one architecture. */
function lawOf<K extends View["kind"]>(
  kind: K,
  law: Pick<Law<View, Values>, "name" | "statement" | "formula"> & {
    check(view: Extract<View, { kind: K }>, values: Values): readonly Reading[] | null
  },
): Law<View, Values> {
  return {
    ...law,
    concerns: ({ architecture }) => architecture === kind,
    check: (view, values) =>
      view.kind === kind ? law.check(view as Extract<View, { kind: K }>, values) : null,
  }
}

const atMost = (
  name: string,
  measured: number,
  predicted: number,
  most: number,
  tolerance: string,
): Reading => ({
  name,
  predicted,
  measured,
  holds: measured <= most,
  tolerance,
})

/** How far apart the losses of the two nets ever were, relative to the loss. */
export const apart = ({ plain, reordered }: PixelsView): number =>
  Math.max(...plain.map((loss, i) => Math.abs(reordered[i]! / loss - 1)))

/** Of the test images that only one net reads: by how many standard deviations more are the convolution's than chance gives. */
export function lead({ pairs }: ShiftsView): number {
  const [convolution, dense] = (["convolution", "dense"] as const).map((net) =>
    pairs.reduce((sum, { only }) => sum + only[net], 0),
  ) as [number, number]
  return (convolution - dense) / Math.sqrt(Math.max(1, convolution + dense))
}

/** Standard deviations that chance alone exceeds once in many thousand times. */
const CLEAR = 4

/** Batches at the end whose losses count as what a net has come to. */
const LATE = 50

export function late({ losses }: { readonly losses: readonly number[] }): { mean: number; error: number } {
  const last = losses.slice(-LATE)
  const middle = mean(last)
  const variance = last.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (last.length - 1)
  return { mean: middle, error: Math.sqrt(variance / last.length) }
}

/** Mean share of wrong bits at lengths that are trained on, and at longer ones. */
export function shares(errors: readonly number[], items: number): { trained: number; longer: number } {
  return { trained: mean(errors.slice(0, items)), longer: mean(errors.slice(items)) }
}

/** Of all bits, at lengths that are trained on: below this a net copies. */
const COPIES = 0.01
/** At lengths that are not: chance is a half. */
const COPIES_LONGER = 0.03

export const laws: readonly Law<View, Values>[] = [
  lawOf("dense", {
    name: "A fully connected net does not know what is beside what",
    statement:
      "Put the pixels in any order and the first weights in the same one: every sum is the same, so every step of the training is.",
    formula: String.raw`W x=(W P^\top)(P x)\quad\text{for every permutation } P`,
    check: (view: PixelsView) =>
      view.done
        ? [
            atMost(
              "largest distance of the two losses",
              apart(view),
              0,
              1e-9,
              "10⁻⁹ of the loss: sums in another order round differently (10⁻¹⁶), and 120 steps carry that on",
            ),
          ]
        : null,
  }),
  lawOf("convolution", {
    name: "A convolution moves with its picture",
    statement:
      "The same weights are at all places. Moved input gives moved features, and the largest of all places stays what it was.",
    formula: String.raw`\begin{gathered}k*(T_s x)=T_s(k*x)\\ \max_p (T_s y)_p=\max_p y_p\end{gathered}`,
    check: ({ pairs, done }: ShiftsView) =>
      done
        ? [
            atMost(
              "change of the convolutional net's answers when the digits move by two pixels",
              Math.max(...pairs.map(({ change }) => change.convolution)),
              0,
              1e-5,
              "10⁻⁵ of the largest answer: rounding in single precision; two pixels are one after the pooling by two",
            ),
          ]
        : null,
  }),
  lawOf("convolution", {
    name: "On digits that move, it beats a fully connected net of its size",
    statement:
      "Both have learned the same images in the same order. Count the test images that only one of them reads: if they were equally good, each would have half of these.",
    formula: String.raw`z=\frac{n_{\text{conv}}-n_{\text{dense}}}{\sqrt{n_{\text{conv}}+n_{\text{dense}}}}`,
    check: (view: ShiftsView) => {
      if (!view.done) return null
      const { convolution, dense } = view.parameters
      const z = lead(view)
      return [
        agrees("weights of the fully connected net", dense, convolution, 0.035, "half of one hidden unit's"),
        {
          name: "z of the images that only one reads",
          predicted: `more than ${CLEAR}`,
          measured: z,
          holds: z > CLEAR,
          tolerance: "McNemar's test: chance alone gives more than 4 once in 30,000 times",
        },
      ]
    },
  }),
  lawOf("recurrent", {
    name: "A plain recurrence forgets by products",
    statement:
      "A step back in time multiplies the gradient by the same matrix and by slopes below one. What reaches the beginning is a product of as many factors as there are steps.",
    formula: String.raw`\frac{\partial y}{\partial h_{t}}=\frac{\partial y}{\partial h_T}\prod_{k=t+1}^{T}\operatorname{diag}(1-h_k^2)\,U`,
    check: ({ plain, byProducts }: MemoryView) =>
      plain.first.length === 0
        ? null
        : [
            agrees(
              "the answer's gradient at the first step, before the training",
              plain.first[0]!,
              byProducts[0]!,
              1e-3,
              "single precision, over all steps",
            ),
          ],
  }),
  lawOf("recurrent", {
    name: "An LSTM keeps what its forget gates let pass",
    statement:
      "The cell is multiplied by the forget gate alone: there is a way back in time that loses no more than that. So the LSTM learns what happened long ago.",
    formula: String.raw`\begin{gathered}\frac{\partial c_t}{\partial c_{t-1}}\approx f_t=\sigma(b_f+\dots)\\ \text{one number forgotten: error}\ge\operatorname{Var}U(0,1)=\tfrac1{12}\end{gathered}`,
    check: ({ lstm, done }: MemoryView, { forget }) => {
      if (!done) return null
      const gate = 1 / (1 + Math.exp(-forget))
      const error = lstm.errors.at(-1)![1]
      return [
        {
          name: "the gradient's factor for each step back, before the training",
          predicted: gate,
          measured: lstm.factor,
          holds: lstm.factor >= 0.97 * gate,
          tolerance:
            "at least that, less 3 %: the gates also hear input and state, and there are other ways back",
        },
        {
          name: "mean squared error on new sequences, after the training",
          predicted: "below 1/12",
          measured: error,
          holds: error < FORGOTTEN,
          tolerance: "1/12 is the variance of the number that a net without memory would have to guess",
        },
      ]
    },
  }),
  lawOf("transformer", {
    name: "Attention sees a set, and no later letter",
    statement:
      "Without places, one layer gives the same answer for any order of the letters before. With the mask, no answer depends on what comes after it.",
    formula: String.raw`\begin{gathered}\operatorname{Att}(q,\{(k_{\pi(i)},v_{\pi(i)})\})=\operatorname{Att}(q,\{(k_i,v_i)\})\\ \frac{\partial y_t}{\partial x_s}=0\quad(s>t)\end{gathered}`,
    check: ({ placed, unplaced, done }: TextView) =>
      done
        ? [
            atMost(
              "change of the last answer by another order, without places",
              unplaced.order,
              0,
              1e-3,
              "10⁻³ of answers of about ten: sums in another order, in single precision",
            ),
            {
              name: "the same with places",
              predicted: "a change",
              measured: placed.order,
              holds: placed.order > 0.1,
              tolerance: "more than 0.1: far above rounding",
            },
            atMost(
              "change of earlier answers by later letters",
              Math.max(placed.peeking, unplaced.peeking),
              0,
              0,
              "exactly: a masked weight is exactly zero",
            ),
          ]
        : null,
  }),
  lawOf("transformer", {
    name: "It knows more than pairs of letters",
    statement:
      "A table that knows the letter before, counted on this very text, leaves so many nats for each letter. The transformer is trained and judged on the same text, and leaves less.",
    formula: String.raw`H(x_{t+1}\mid x_t)=-\sum_{a,b}p(a,b)\,\ln p(b\mid a)`,
    check: ({ placed, pairs, done }: TextView) => {
      if (!done) return null
      const { mean, error } = late(placed)
      return [
        {
          name: "nats for each letter, with places",
          predicted: `below ${pairs.toPrecision(4)}`,
          measured: mean,
          holds: mean + CLEAR * error < pairs,
          tolerance: `by ${CLEAR} standard errors of the last ${LATE} batches, of ${error.toPrecision(2)} each`,
        },
      ]
    },
  }),
  lawOf("machine", {
    name: "The machine has learned a procedure",
    statement:
      "Trained on short sequences, it copies ones of up to twice the length. An LSTM with as many weights, on the same sequences, does not. The law has no verdict before the machine copies what it is trained on.",
    formula: String.raw`\begin{gathered}w_t=\operatorname{sharpen}\big(\operatorname{shift}(g\,w^c+(1-g)\,w_{t-1})\big)\\ \textstyle\sum_i w_t(i)=1\end{gathered}`,
    check: ({ machine, lstm, heads, done }: CopyView, { items }) => {
      if (!done || heads === null) return null
      const [own, other] = [shares(machine.errors, items), shares(lstm.errors, items)]
      if (own.trained > COPIES) return null
      return [
        atMost(
          "distance of the heads' weights from a sum of 1",
          heads.sums,
          0,
          1e-5,
          "rounding in single precision",
        ),
        atMost(
          `wrong bits of ${items + 1} to ${2 * items} items, the machine`,
          own.longer,
          0,
          COPIES_LONGER,
          "at most three in a hundred; chance is a half",
        ),
        {
          name: "the same, the LSTM",
          predicted: "many more",
          measured: other.longer,
          holds: other.longer > 0.1 && other.longer > 2 * own.longer,
          tolerance: "more than one in ten, and more than twice the machine's",
        },
      ]
    },
  }),
]
