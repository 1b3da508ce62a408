import { nn, type Tensor } from "nabla"
import type { Values } from "../state.ts"

/** What the network's last layer is trained for, and how its output is read. */
export interface Objective {
  readonly outputs: number
  /** Mean loss of a batch, without a penalty; `z` is the last layer's output [n, outputs]. */
  loss(z: Tensor, target: Tensor): Tensor
  /** What is shown: from −1 to 1 for a classification; for several classes the probability of each, as 2p − 1. */
  shown(z: Tensor): Tensor
  readonly name: string
  /** r with ½·|r|² = the loss, where that is a sum of squares. */
  residuals?(z: Tensor, target: Tensor): Tensor
  /** What the outputs are the parameters of, where the loss is a negative log-likelihood, and those outputs. */
  readonly likelihood?: { readonly kind: "categorical" | "bernoulli" | "gaussian"; of(z: Tensor): Tensor }
}

type LossName = "square" | "mse" | "mae" | "huber" | "logistic" | "hinge"

function lossName({ mode, loss, problem }: Values): LossName {
  if (mode === "playground") return "square"
  if (loss !== "auto" && !(problem === "regression" && (loss === "logistic" || loss === "hinge")))
    return loss as LossName
  return problem === "classification" ? "logistic" : "mse"
}

const half = (o: Tensor, t: Tensor): Tensor => nn.mse(o, t).mul(0.5)

export function objectiveFor(values: Values): Objective {
  if (values.problem === "multiclass") {
    return {
      name: "cross-entropy",
      outputs: 3,
      loss: (z, target) => nn.crossEntropy(z, target),
      shown: (z) => z.softmax(1).mul(2).sub(1),
      likelihood: { kind: "categorical", of: (z) => z },
    }
  }
  const name = lossName(values)
  if (name === "logistic") {
    return {
      name,
      outputs: 1,
      loss: (z, t) => nn.bceWithLogits(z, t.add(1).div(2)),
      shown: (z) => z.div(2).tanh(),
      likelihood: { kind: "bernoulli", of: (z) => z },
    }
  }
  if (name === "hinge") {
    return {
      name,
      outputs: 1,
      loss: (z, t) => z.mul(t).neg().add(1).relu().mean(),
      shown: (z) => z.clamp({ min: -1, max: 1 }),
    }
  }
  const error = { square: half, mse: nn.mse, mae: nn.l1, huber: nn.huber }[name]
  const squash = values.problem === "regression" ? (z: Tensor) => z : (z: Tensor) => z.tanh()
  const plain: Objective = { name, outputs: 1, loss: (z, t) => error(squash(z), t), shown: squash }
  if (name !== "square" && name !== "mse") return plain
  // mse is twice half the square.
  const weight = name === "mse" ? Math.SQRT2 : 1
  return {
    ...plain,
    residuals: (z, t) =>
      squash(z)
        .sub(t)
        .mul(weight / Math.sqrt(t.numel())),
    likelihood: { kind: "gaussian", of: (z) => squash(z).mul(weight) },
  }
}
