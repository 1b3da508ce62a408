import { arange, cat, data, manualSeed, nn, noGrad, type Tensor, tensor } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import { endless, Learner, pacer } from "./learner.ts"

/** Carroll, Alice's Adventures in Wonderland (1865), the beginning. */
const TEXT = `alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do: once or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it, and what is the use of a book, thought alice, without pictures or conversations? so she was considering in her own mind, as well as she could, for the hot day made her feel very sleepy and stupid, whether the pleasure of making a daisy chain would be worth the trouble of getting up and picking the daisies, when suddenly a white rabbit with pink eyes ran close by her. there was nothing so very remarkable in that; nor did alice think it so very much out of the way to hear the rabbit say to itself, oh dear! oh dear! i shall be late! when she thought it over afterwards, it occurred to her that she ought to have wondered at this, but at the time it all seemed quite natural; but when the rabbit actually took a watch out of its waistcoat pocket, and looked at it, and then hurried on, alice started to her feet, for it flashed across her mind that she had never before seen a rabbit with either a waistcoat pocket, or a watch to take out of it, and burning with curiosity, she ran across the field after it, and fortunately was just in time to see it pop down a large rabbit hole under the hedge.`

/** One net on its way through the text. */
export interface Reader {
  readonly losses: readonly number[]
  /** Largest change of the last answer when the letters before it are put in another order. */
  readonly order: number
  /** Largest change of earlier answers when only later letters change. */
  readonly peeking: number
  /** How the text goes on, by the net: the likeliest letter, again and again. */
  readonly sample: string
}

/** Two transformers on a text: one knows the places of the letters, the other does not. */
export interface TextView {
  readonly kind: "transformer"
  readonly placed: Reader
  readonly unplaced: Reader
  /** Nats for each letter that a table of pairs of letters leaves, on this very text. */
  readonly pairs: number
  /** What is gone on from. */
  readonly start: string
  readonly parameters: number
  readonly done: boolean
}

const TEXT_STEPS = 400
const CONTEXT = 16
const WIDTH = 32
const BATCH = 16

interface Options {
  readonly letters: number
  /** Whether letters carry their places. */
  readonly placed: boolean
  /** Whether a letter sees only itself and those before it. */
  readonly causal: boolean
}

/** A transformer of one layer that says which letter comes next. */
class LetterTransformer extends nn.Module {
  letters: nn.Embedding
  places: nn.Embedding
  layer: nn.TransformerEncoderLayer
  head: nn.Linear
  readonly options: Options

  constructor(options: Options) {
    super()
    this.options = options
    this.letters = nn.embedding(options.letters, WIDTH)
    this.places = nn.embedding(CONTEXT, WIDTH)
    const settings = { dimFeedforward: 4 * WIDTH, dropout: 0, batchFirst: true, normFirst: true }
    this.layer = nn.transformerEncoderLayer(WIDTH, 4, settings)
    this.head = nn.linear(WIDTH, options.letters)
  }

  override forward(tokens: Tensor): Tensor {
    const { placed, causal } = this.options
    const letters = this.letters.forward(tokens)
    const x = placed ? letters.add(this.places.forward(arange(tokens.shape[1]!))) : letters
    return this.head.forward(this.layer.forward(x, { isCausal: causal }))
  }
}

/** Entropy of a letter when the one before it is known, in nats, counted in the text. */
export function entropyOfPairs(tokens: ArrayLike<number>): number {
  const after = new Map<number, Map<number, number>>()
  for (let i = 0; i + 1 < tokens.length; i++) {
    const row = after.get(tokens[i]!) ?? new Map<number, number>()
    row.set(tokens[i + 1]!, (row.get(tokens[i + 1]!) ?? 0) + 1)
    after.set(tokens[i]!, row)
  }
  let sum = 0
  for (const row of after.values()) {
    const total = [...row.values()].reduce((a, b) => a + b, 0)
    for (const count of row.values()) sum -= count * Math.log(count / total)
  }
  return sum / (tokens.length - 1)
}

const largest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().itemSync()

/** What the answer at the last place makes of another order of the letters before it. */
function orderMatters(model: LetterTransformer, x: Tensor): number {
  return noGrad(() => {
    const other = cat([x.narrow(1, 0, CONTEXT - 1).flip(1), x.narrow(1, CONTEXT - 1, 1)], 1)
    return largest(model.forward(x).select(1, -1), model.forward(other).select(1, -1))
  })
}

/** What the answers in the first half make of other letters in the second one. */
function peeks(model: LetterTransformer, x: Tensor): number {
  return noGrad(() => {
    const half = CONTEXT / 2
    const other = cat([x.narrow(1, 0, half), x.narrow(1, half, half).flip(1)], 1)
    return largest(model.forward(x).narrow(1, 0, half), model.forward(other).narrow(1, 0, half))
  })
}

/** The likeliest letter, again and again. */
function goOn(model: LetterTransformer, from: readonly number[], count: number): number[] {
  const all = [...from]
  for (let i = 0; i < count; i++) {
    const window = tensor(Int32Array.from(all.slice(-CONTEXT))).reshape([1, -1])
    const next = noGrad(() => model.forward(window).select(1, -1).argmax(1))
    all.push(Number(next.dataSync()[0]))
  }
  return all.slice(from.length)
}

export async function* runText({ seed, broken }: Values, { signal }: Session): AsyncGenerator<TextView> {
  const tokenizer = data.charTokenizer(TEXT)
  const tokens = tokenizer.encode(TEXT)
  const letters = tokenizer.size
  const loss = (output: Tensor, target: Tensor): Tensor =>
    nn.crossEntropy(output.reshape([-1, letters]), target.reshape([-1]))
  // Broken on purpose: nothing hides the later letters, the answer among them.
  const learners = [true, false].map((placed) => {
    manualSeed(seed)
    return new Learner(new LetterTransformer({ letters, placed, causal: !broken }), loss, { rate: 5e-3 })
  })
  const windows = new data.TextWindows(tokens, { context: CONTEXT, batchSize: BATCH, shuffle: true, seed })
  const batches = endless(windows)
  const [probe] = batches.next().value
  const start = [...tokens.slice(0, CONTEXT)]
  const reader = ({ model, losses }: Learner<LetterTransformer>, done: boolean): Reader => ({
    losses: [...losses],
    order: orderMatters(model, probe),
    peeking: peeks(model, probe),
    sample: done ? tokenizer.decode(goOn(model, start, 60)) : "",
  })
  const view = (done: boolean): TextView => ({
    kind: "transformer",
    placed: reader(learners[0]!, done),
    unplaced: reader(learners[1]!, done),
    pairs: entropyOfPairs(tokens),
    start: TEXT.slice(0, CONTEXT),
    parameters: learners[0]!.parameters,
    done,
  })
  yield view(false)
  const due = pacer()
  for (let step = 0; step < TEXT_STEPS && !signal.aborted; step++) {
    const [x, y] = batches.next().value
    for (const learner of learners) learner.step(x, y)
    if (due()) yield view(false)
  }
  yield view(true)
}
