/**
 * Integer index expressions in a normal form: a constant plus whole multiples of atoms. Reshapes turn into divisions
 * and remainders; the rules here take them away again wherever the ranges of the loop variables allow it, so that a
 * chain of views becomes the one strided access that it is.
 */

export type Atom =
  /** A loop variable, or a value read from memory: anything that is not taken apart further. */
  | { readonly kind: "symbol"; readonly key: string; readonly symbol: IndexSymbol }
  | { readonly kind: "div"; readonly key: string; readonly of: Index; readonly by: number }
  | { readonly kind: "mod"; readonly key: string; readonly of: Index; readonly by: number }

export interface IndexSymbol {
  readonly id: number
  readonly min: number
  readonly max: number
}

interface Term {
  readonly coefficient: number
  readonly atom: Atom
}

export class Index {
  readonly terms: readonly Term[]
  readonly constant: number
  readonly min: number
  readonly max: number
  private text: string | null = null

  private constructor(terms: readonly Term[], constant: number) {
    this.terms = terms
    this.constant = constant
    let min = constant
    let max = constant
    for (const { coefficient, atom } of terms) {
      const [low, high] = atomRange(atom)
      min += coefficient > 0 ? coefficient * low : coefficient * high
      max += coefficient > 0 ? coefficient * high : coefficient * low
    }
    this.min = min
    this.max = max
  }

  /** Equal for equal expressions. Most are on the way to others, and nobody asks for theirs. */
  get key(): string {
    if (this.text !== null) return this.text
    let text = ""
    for (const { coefficient, atom } of this.terms) text += `${coefficient}*${atom.key}+`
    this.text = text + this.constant
    return this.text
  }

  static constant(value: number): Index {
    return new Index([], value)
  }

  static symbol(symbol: IndexSymbol): Index {
    if (symbol.min === symbol.max) return Index.constant(symbol.min)
    return Index.of({ kind: "symbol", key: `s${symbol.id}`, symbol })
  }

  private static of(atom: Atom): Index {
    return new Index([{ coefficient: 1, atom }], 0)
  }

  get isConstant(): boolean {
    return this.terms.length === 0
  }

  add(other: Index | number): Index {
    if (typeof other === "number") return other === 0 ? this : new Index(this.terms, this.constant + other)
    if (other.isConstant) return this.add(other.constant)
    if (this.isConstant) return other.add(this.constant)
    return Index.sum([...this.terms, ...other.terms], this.constant + other.constant)
  }

  sub(other: Index): Index {
    return this.add(other.mul(-1))
  }

  mul(factor: number): Index {
    if (factor === 1) return this
    if (factor === 0) return Index.constant(0)
    return new Index(
      this.terms.map(({ coefficient, atom }) => ({ coefficient: coefficient * factor, atom })),
      this.constant * factor,
    )
  }

  /** ⌊this / by⌋. */
  div(by: number): Index {
    if (by === 1) return this
    const { quotient, rest } = this.split(by)
    if (rest.min >= 0 && rest.max < by) return quotient
    const [only] = rest.terms
    if (
      rest.terms.length === 1 &&
      rest.constant === 0 &&
      only!.coefficient === 1 &&
      only!.atom.kind === "div"
    ) {
      const { of, by: inner } = only!.atom
      return quotient.add(of.div(inner * by))
    }
    return quotient.add(Index.of({ kind: "div", key: `d(${rest.key},${by})`, of: rest, by }))
  }

  /** this − by·⌊this / by⌋, in 0 … by-1. */
  mod(by: number): Index {
    if (by === 1) return Index.constant(0)
    const { rest } = this.split(by)
    if (rest.min >= 0 && rest.max < by) return rest
    return Index.of({ kind: "mod", key: `m(${rest.key},${by})`, of: rest, by })
  }

  /** this = quotient·by + rest, with every whole multiple of `by` in the quotient. */
  private split(by: number): { quotient: Index; rest: Index } {
    const whole: Term[] = []
    const rest: Term[] = []
    for (const term of this.terms) {
      if (term.coefficient % by === 0) whole.push({ coefficient: term.coefficient / by, atom: term.atom })
      else rest.push(term)
    }
    const carried = Math.floor(this.constant / by)
    return { quotient: new Index(whole, carried), rest: new Index(rest, this.constant - carried * by) }
  }

  /** Adds up equal atoms, then puts quotients and remainders of one division back together. */
  private static sum(terms: readonly Term[], constant: number): Index {
    // There are few of them: looking through them all is faster than a map.
    const merged: { coefficient: number; readonly atom: Atom }[] = []
    const withKey = (key: string) => merged.find((term) => term.atom.key === key)
    for (const { coefficient, atom } of terms) {
      const known = withKey(atom.key)
      if (known === undefined) merged.push({ coefficient, atom })
      else known.coefficient += coefficient
    }
    const list = merged.filter((term) => term.coefficient !== 0)
    for (const term of list) {
      const { atom } = term
      if (atom.kind !== "mod") continue
      const partner = withKey(soleAtomKey(atom.of.div(atom.by)))
      if (partner === undefined || partner.coefficient !== term.coefficient * atom.by) continue
      const others = list.filter((t) => t !== term && t !== partner)
      return new Index(others, constant).add(atom.of.mul(term.coefficient))
    }
    list.sort((a, b) => (a.atom.key < b.atom.key ? -1 : 1))
    return new Index(list, constant)
  }

  /** Whether a symbol occurs anywhere in the expression. */
  dependsOn(symbol: IndexSymbol): boolean {
    return this.terms.some(({ atom }) =>
      atom.kind === "symbol" ? atom.symbol === symbol : atom.of.dependsOn(symbol),
    )
  }

  /**
   * The whole number c when this = c·symbol + (something without the symbol); undefined when the symbol stands inside
   * a division or remainder.
   */
  coefficientOf(symbol: IndexSymbol): number | undefined {
    let coefficient = 0
    for (const term of this.terms) {
      if (term.atom.kind === "symbol") {
        if (term.atom.symbol === symbol) coefficient += term.coefficient
      } else if (term.atom.of.dependsOn(symbol)) return undefined
    }
    return coefficient
  }

  /** Replaces symbols by expressions and simplifies anew. */
  substitute(replacement: (symbol: IndexSymbol) => Index | undefined): Index {
    let out = Index.constant(this.constant)
    for (const { coefficient, atom } of this.terms)
      out = out.add(substituteAtom(atom, replacement).mul(coefficient))
    return out
  }

  /** How many divisions and remainders are left: the cost that views leave behind. */
  get divisions(): number {
    let count = 0
    for (const { atom } of this.terms) if (atom.kind !== "symbol") count += 1 + atom.of.divisions
    return count
  }
}

function substituteAtom(atom: Atom, replacement: (symbol: IndexSymbol) => Index | undefined): Index {
  if (atom.kind === "symbol") return replacement(atom.symbol) ?? Index.symbol(atom.symbol)
  const of = atom.of.substitute(replacement)
  return atom.kind === "div" ? of.div(atom.by) : of.mod(atom.by)
}

/** A loop variable or a part of it, counted in units of the variable: v/8 in units of 8, v mod 4 in units of 1. */
interface Part {
  readonly symbol: IndexSymbol
  readonly unit: number
}

/**
 * The loop variable and the unit at which a division or remainder takes it apart: 32 for v/32 and v mod 32, 128 for
 * (v/32) mod 4. Null when there is no such variable, or more than one.
 */
export function divisionUnit(atom: Atom): Part | null {
  if (atom.kind === "symbol") return null
  const part = partOf(atom.of)
  return part && { symbol: part.symbol, unit: part.unit * atom.by }
}

function partOf(index: Index): Part | null {
  const [term] = index.terms
  if (index.terms.length !== 1 || index.constant !== 0 || term!.coefficient !== 1) return null
  const { atom } = term!
  if (atom.kind === "symbol") return { symbol: atom.symbol, unit: 1 }
  return atom.kind === "div" ? divisionUnit(atom) : partOf(atom.of)
}

/** Key of the atom that an index consists of, or "" when it is more than one atom. */
function soleAtomKey(index: Index): string {
  const [term] = index.terms
  return index.terms.length === 1 && index.constant === 0 && term!.coefficient === 1 ? term!.atom.key : ""
}

function atomRange(atom: Atom): [number, number] {
  if (atom.kind === "symbol") return [atom.symbol.min, atom.symbol.max]
  if (atom.kind === "div") return [Math.floor(atom.of.min / atom.by), Math.floor(atom.of.max / atom.by)]
  return [0, Math.min(atom.by - 1, atom.of.min >= 0 ? atom.of.max : atom.by - 1)]
}

/** Row-major position of an index vector. */
export function flattenIndex(index: readonly Index[], shape: readonly number[]): Index {
  let flat = Index.constant(0)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    flat = flat.add(index[i]!.mul(stride))
    stride *= shape[i]!
  }
  return flat
}

/** Index vector of a row-major position. */
export function unflattenIndex(flat: Index, shape: readonly number[]): Index[] {
  const out = new Array<Index>(shape.length)
  let rest = flat
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = Math.max(shape[i]!, 1)
    out[i] = i === 0 ? rest : rest.mod(size)
    rest = rest.div(size)
  }
  return out
}
