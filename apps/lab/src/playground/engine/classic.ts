import { abs, logicalOr, lt, mul, optim, sign, sub, type Tensor, where, zerosLike } from "nabla"

export type Penalty = "none" | "L1" | "L2"

interface ClassicOptions extends optim.BaseOptions {
  /** λ, the factor of the penalty. */
  rate?: number
}

/**
 * The update of TensorFlow Playground, for weights (matrices) and biases (vectors) whose gradients are means over the
 * batch:
 *
 *     a = w − η·g
 *     w = a − η·λ·R′(w before)     R′ = sign (L1) or w (L2); biases have no penalty
 *
 * With L1, a weight whose sign the penalty's part of the step changes becomes 0 and stays there.
 */
export class ClassicSGD extends optim.ChainedOptimizer<ClassicOptions> {
  penalty: Penalty

  constructor(params: Iterable<Tensor>, penalty: Penalty, options: { lr: number; rate: number }) {
    super(params, options, {
      defaults: { lr: 0.03, rate: 0, maximize: false },
      rules: {
        rate: { expected: "a number ≥ 0", holds: (value) => typeof value === "number" && value >= 0 },
      },
    })
    this.penalty = penalty
  }

  override transform(group: optim.ParameterGroup<ClassicOptions>): optim.GradientTransform {
    return optim.perParameter({
      state: ["dead"],
      init: (param) => ({ dead: zerosLike(param) }),
      numbers: (context) => ({
        lr: context.scalar(() => context.lr()),
        shrink: context.scalar(() => context.lr() * (group.rate ?? 0)),
      }),
      update: (g, { dead }, { lr, shrink }, w) => {
        const after = sub(w, mul(lr, g))
        if (w.ndim < 2) return [sub(after, w), { dead: dead! }]
        return this.weight(w, after, shrink, dead!)
      },
    })
  }

  private weight(w: Tensor, after: Tensor, shrink: Tensor, dead: Tensor): [Tensor, { dead: Tensor }] {
    const slope = this.penalty === "none" ? null : this.penalty === "L1" ? sign(w) : w
    const penalised = slope === null ? after : sub(after, mul(shrink, slope))
    const wasDead = lt(sub(0.5, abs(dead)), 0)
    const nowDead = this.penalty === "L1" ? logicalOr(wasDead, lt(mul(after, penalised), 0)) : wasDead
    // A weight that has died keeps what it is: 0, or what a person has set since.
    const next = where(wasDead, w, where(nowDead, 0, penalised))
    return [sub(next, w), { dead: where(nowDead, 1, dead) }]
  }
}
