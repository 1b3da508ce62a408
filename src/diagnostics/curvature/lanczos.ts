import { Random } from "../../base/index.ts"
import type { SymmetricOperator } from "./operator.ts"
import type { Eigensystem } from "./tridiagonal.ts"
import { tridiagonalEigen } from "./tridiagonal.ts"
import type { Vector } from "./vector.ts"
import { addTo, dot, length, makeOrthogonal, randomUnit, scaled } from "./vector.ts"

export interface LanczosStart {
  /** Direction to begin with. Default: random. */
  readonly start?: Vector
  readonly seed?: number
  /** Orthonormal vectors that the iteration keeps away from. */
  readonly locked?: readonly Vector[]
}

/**
 * Lanczos' iteration with full reorthogonalisation (Golub & Van Loan, Matrix Computations, section 10.3): after m products
 *
 *     A·Q = Q·T + β·q_{m+1}·e_mᵀ        Q: n × m with orthonormal columns, T: tridiagonal
 *
 * so that an eigenpair T·s = θ·s gives A·Qs = θ·Qs with the residual |β·s_m|, and some eigenvalue of A lies within that
 * distance of θ. When the directions are used up early (β = 0), a new random one begins another block.
 */
export class Lanczos {
  readonly diagonal: number[] = []
  readonly beside: number[] = []
  readonly basis: Vector[] = []
  private readonly operator: SymmetricOperator
  private readonly locked: readonly Vector[]
  private readonly random: Random
  /** q_{m+1}; null once the basis spans everything. */
  private next: Vector | null
  private scale = 0

  constructor(operator: SymmetricOperator, { start, seed = 0, locked = [] }: LanczosStart = {}) {
    this.operator = operator
    this.locked = locked
    this.random = new Random(seed)
    if (operator.size <= locked.length) this.next = null
    else if (start === undefined) this.next = randomUnit(operator.size, this.random, locked)
    else {
      const from = start.slice()
      makeOrthogonal(from, locked)
      this.next = scaled(from, 1 / length(from))
    }
  }

  get steps(): number {
    return this.basis.length
  }

  /** Whether the basis spans an invariant subspace that nothing can be added to. */
  get exhausted(): boolean {
    return this.next === null
  }

  /** One product; false when there was nothing left to do. */
  async step(): Promise<boolean> {
    const q = this.next
    if (q === null) return false
    const { basis, locked } = this
    const w = await this.operator.product(q)
    const alpha = dot(q, w)
    basis.push(q)
    this.diagonal.push(alpha)
    const before = this.beside.at(-1) ?? 0
    this.scale = Math.max(this.scale, Math.abs(alpha), before)
    addTo(w, -alpha, q)
    if (basis.length > 1) addTo(w, -before, basis.at(-2)!)
    makeOrthogonal(w, locked)
    makeOrthogonal(w, basis)
    const beta = length(w)
    if (basis.length + locked.length >= this.operator.size) this.next = null
    else if (beta > 1e-14 * this.scale) {
      this.beside.push(beta)
      this.next = scaled(w, 1 / beta)
    } else {
      this.beside.push(0)
      this.next = randomUnit(this.operator.size, this.random, [...locked, ...basis])
    }
    return true
  }

  /** Eigenvalues of T, ascending, with a bound of the error of each. */
  ritz(): Eigensystem & { readonly residuals: Float64Array } {
    const { values, vectors } = tridiagonalEigen(this.diagonal, this.beside)
    const beta = this.exhausted ? 0 : (this.beside[this.steps - 1] ?? 0)
    return { values, vectors, residuals: Float64Array.from(vectors, (s) => Math.abs(beta * s.at(-1)!)) }
  }

  /** Q·s */
  combine(s: Float64Array): Vector {
    const out = new Float64Array(this.operator.size)
    this.basis.forEach((q, i) => {
      addTo(out, s[i]!, q)
    })
    return out
  }
}
