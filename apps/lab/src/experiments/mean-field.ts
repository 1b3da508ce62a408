/** What is expected of an infinitely wide net: plain arithmetic, so that the page can hold a run to it. */

export interface Activation {
  readonly f: (x: number) => number
  readonly slope: (x: number) => number
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

export const activations: Readonly<Record<string, Activation>> = {
  tanh: { f: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  relu: { f: (x) => Math.max(0, x), slope: (x) => (x > 0 ? 1 : 0) },
  sigmoid: { f: sigmoid, slope: (x) => sigmoid(x) * (1 - sigmoid(x)) },
  linear: { f: (x) => x, slope: () => 1 },
}

/** E[f(√q·z)] for a normal z, by the trapezoid rule. */
export function gaussianMean(q: number, f: (x: number) => number): number {
  const [reach, parts] = [8, 4000]
  let sum = 0
  for (let i = 0; i <= parts; i++) {
    const z = ((2 * i) / parts - 1) * reach
    sum += f(Math.sqrt(q) * z) * Math.exp((-z * z) / 2)
  }
  return (sum * 2 * reach) / parts / Math.sqrt(2 * Math.PI)
}
