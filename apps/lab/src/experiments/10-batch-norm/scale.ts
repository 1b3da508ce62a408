import { Generator, nn, noGrad, randn, type Tensor, tensor, variance } from "nabla"
import type { Values } from "./controls.ts"
import { FACTORS } from "./controls.ts"
import { blockOf, FLOAT } from "./layers.ts"

/** Width of the small net whose first weights are multiplied. */
const WIDTH = 32

/** What a net's loss and the gradient at its first weights are. */
export interface Point {
  readonly loss: number
  /** ‖∇W‖ */
  readonly gradient: number
  /** ⟨W, ∇W⟩ */
  readonly inner: number
  /** ‖W‖·‖∇W‖ */
  readonly product: number
  /** Σ γ·∂L/∂γ·ε/(v + ε) over the first layer's units: what ε leaves of the inner product. */
  readonly left: number
}

export interface Scale {
  /** With W, with c·W, and with W once more where ε is divided by c². */
  readonly plain: Point
  readonly scaled: Point
  readonly equivalent: Point
  /** d loss/d ln c at c = 1, from two losses that are close together. */
  readonly slope: number
  /** Loss and gradient at each of FACTORS, with batch norm and without. */
  readonly normed: readonly Point[]
  readonly bare: readonly Point[]
}

/** Two layers and an output, with the first weights multiplied by a factor, and the first ε: the same draws for every factor. */
function measure(values: Values, factor: number, epsilon = values.epsilon): Point {
  const { batch, sigma, seed } = values
  const generator = new Generator(seed)
  const blocks = [blockOf(values, WIDTH, epsilon), blockOf(values, WIDTH)]
  for (const { linear } of blocks) nn.init.normal_(linear.weight, { std: sigma, generator })
  const head = nn.linear(WIDTH, 1, FLOAT)
  nn.init.initialize(head, "xavierNormal", { generator })
  const x = randn([batch, WIDTH], { ...FLOAT, generator })
  const target = randn([batch, 1], { ...FLOAT, generator })
  const { linear, norm } = blocks[0]!
  noGrad(() => linear.weight.copy_(linear.weight.mul(tensor(factor, FLOAT))))
  let spread: Tensor | null = null
  norm?.registerForwardHook((_, [input]) => {
    spread = variance((input as Tensor).detach(), 0, { correction: 0 })
  })
  const loss = nn.mse(head.forward(nn.sequential(...blocks.map(({ whole }) => whole)).forward(x)), target)
  loss.backward()
  const slope = linear.weight.grad!
  const size = (t: Tensor): number => Math.sqrt(t.square().sum().itemSync())
  const leftOf = (v: Tensor): number =>
    norm!.weight!.mul(norm!.weight!.grad!).mul(v.add(epsilon).reciprocal().mul(epsilon)).sum().itemSync()
  return {
    loss: loss.itemSync(),
    gradient: size(slope),
    inner: linear.weight.mul(slope).sum().itemSync(),
    product: size(linear.weight) * size(slope),
    left: spread === null ? 0 : leftOf(spread),
  }
}

/** The figures of the law, then the picture. */
export function* scaleOf(values: Values): globalThis.Generator<Scale, void, void> {
  const { factor, epsilon } = values
  const near = 1e-4
  const figures = {
    plain: measure(values, 1),
    scaled: measure(values, factor),
    equivalent: measure(values, 1, epsilon / factor ** 2),
    slope: (measure(values, 1 + near).loss - measure(values, 1 - near).loss) / (2 * Math.atanh(near)),
  }
  const normed: Point[] = []
  const bare: Point[] = []
  yield { ...figures, normed, bare }
  for (const c of FACTORS) {
    normed.push(measure({ ...values, norm: true }, c))
    bare.push(measure({ ...values, norm: false }, c))
    yield { ...figures, normed: [...normed], bare: [...bare] }
  }
}
