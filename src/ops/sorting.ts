import { numel } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Code, Expr } from "../kernel/index.ts"
import { add, binary, compare, int, mul, sub, use } from "../kernel/index.ts"
import { reshape, withBatch } from "./broadcast.ts"
import { gather } from "./indexing.ts"
import type { Primitive } from "./record.ts"
import { eachLine, sortKey } from "./scans.ts"
import { iota } from "./sources.ts"

/** Elements of `x` at `index` along a dimension; the other dimensions of the two are the same. */
export function takeAlong(x: Node, index: Node, dim: number): Node {
  if (x.shape.length === 0) return x
  const at = x.shape.map((_, i) => i)
  return gather(x, [index], {
    table: x.shape,
    picked: index.shape,
    sources: at.map((i) =>
      i === dim ? { kind: "tensor", tensor: 0, at } : { kind: "slice", dim: i, start: 0, step: 1 },
    ),
  })
}

export interface SortAttrs {
  readonly dim: number
  readonly descending: boolean
}

/** Places that bring a dimension into order; equal elements keep theirs. NaN counts as the largest. */
export const argsortOp: Primitive<SortAttrs> = {
  name: "argsort",
  key: ({ dim, descending }) => `${dim}${descending ? "d" : ""}`,
  shape: ([x]) => aval(x!.shape, "int32"),
  jvp: () => null,
  vjp: () => [null],
  vmap: ([x], _, __, { dim, descending }) => argsort(x!, dim + 1, descending),
  lower: {
    kind: "routine",
    emit: ({ code, attrs, inputs: [x], arguments: [from], result }) => {
      const length = x!.shape[attrs.dim]!
      const keyType = x!.dtype === "bool" ? "i32" : code.typeOf(from!)
      const list = (): Sequence => ({
        keys: code.scratch(keyType, Math.max(length, 1)),
        places: code.scratch("i32", Math.max(length, 1)),
      })
      const sorter = new MergeSort(code, length, attrs.descending, list(), list())
      eachLine(code, x!.shape, { dim: attrs.dim, reverse: false }, (_, at) => {
        const sorted = sorter.sort((i) => sortKey(code.load(from!, at(i))))
        code.for(int(0), int(length), 1, (i) => code.store(result, at(i), code.load(sorted.places, i)))
      })
    },
  },
}

export function argsort(x: Node, dim: number, descending = false): Node {
  return x.shape.length === 0 ? iota([], []) : makeNode(argsortOp, [x], { dim, descending })
}

/** Elements in memory with the places where they came from. */
interface Sequence {
  readonly keys: number
  readonly places: number
}

/** Runs of this length are sorted by insertion before they are merged. */
const RUN = 8

/** Writes a stable merge sort, bottom up: the passes change between two sequences. */
class MergeSort {
  private readonly code: Code
  private readonly length: number
  private readonly descending: boolean
  private readonly sequences: readonly [Sequence, Sequence]

  constructor(code: Code, length: number, descending: boolean, a: Sequence, b: Sequence) {
    this.code = code
    this.length = length
    this.descending = descending
    this.sequences = [a, b]
  }

  sort(key: (i: Expr) => Expr): Sequence {
    let [from, to] = this.sequences
    this.sortRuns(from, key)
    for (let width = RUN; width < this.length; width *= 2) {
      this.mergeRuns(from, to, width)
      ;[from, to] = [to, from]
    }
    return from
  }

  /** Whether b belongs before a although it stands behind it. */
  private before(b: Expr, a: Expr): Expr {
    const order = compare(this.descending ? "gt" : "lt", b, a)
    if (a.type === "i32") return order
    const [nan, number] = this.descending ? [b, a] : [a, b]
    return binary("or", order, binary("and", compare("ne", nan, nan), compare("eq", number, number)))
  }

  private put({ keys, places }: Sequence, at: Expr, key: Expr, place: Expr): void {
    this.code.store(keys, at, key)
    this.code.store(places, at, place)
  }

  private move(from: Sequence, at: Expr, to: Sequence, target: Expr): void {
    this.put(to, target, this.code.load(from.keys, at), this.code.load(from.places, at))
  }

  private sortRuns(to: Sequence, key: (i: Expr) => Expr): void {
    const { code } = this
    code.for(int(0), int(this.length), RUN, (start) => {
      code.for(start, this.bounded(add(start, int(RUN))), 1, (i) => {
        const own = code.bind(key(i))
        const hole = code.variable(i)
        const left = (): Expr => binary("max", sub(use(hole), int(1)), start)
        const open = compare("gt", use(hole), start)
        code.while(binary("and", open, this.before(own, code.load(to.keys, left()))), () => {
          this.move(to, left(), to, use(hole))
          code.assign(hole, sub(use(hole), int(1)))
        })
        this.put(to, use(hole), own, i)
      })
    })
  }

  private bounded(at: Expr): Expr {
    return binary("min", at, int(this.length))
  }

  private mergeRuns(from: Sequence, to: Sequence, width: number): void {
    const { code } = this
    code.for(int(0), int(this.length), 2 * width, (start) => {
      const middle = code.bind(this.bounded(add(start, int(width))))
      const end = code.bind(this.bounded(add(start, int(2 * width))))
      const [left, right, target] = [code.variable(start), code.variable(middle), code.variable(start)]
      const take = (source: typeof left): void => {
        this.move(from, use(source), to, use(target))
        code.assign(source, add(use(source), int(1)))
        code.assign(target, add(use(target), int(1)))
      }
      const inLeft = compare("lt", use(left), middle)
      const inRight = compare("lt", use(right), end)
      code.while(binary("and", inLeft, inRight), () => {
        const a = code.bind(code.load(from.keys, use(left)))
        const b = code.bind(code.load(from.keys, use(right)))
        code.if(
          this.before(b, a),
          () => take(right),
          () => take(left),
        )
      })
      code.while(inLeft, () => take(left))
      code.while(inRight, () => take(right))
    })
  }
}

export interface SearchAttrs {
  /** Behind equal elements instead of before them. */
  readonly right: boolean
}

/**
 * For each value the place in its sorted row where it keeps the order: rows [r, n] and values [r, m] give [r, m].
 * NaN belongs at the end.
 */
export const searchSortedOp: Primitive<SearchAttrs> = {
  name: "searchSorted",
  key: ({ right }) => (right ? "right" : "left"),
  shape: ([, values]) => aval(values!.shape, "int32"),
  jvp: () => null,
  vjp: () => [null, null],
  vmap: (inputs, batched, size, attrs) => {
    const [rows, values] = inputs.map((input, i) => withBatch(input, batched[i]!, size))
    const flat = (x: Node): Node => reshape(x, [size * x.shape[1]!, x.shape[2]!])
    return reshape(searchSorted(flat(rows!), flat(values!), attrs.right), values!.shape)
  },
  lower: {
    kind: "routine",
    emit: ({ code, attrs, inputs: [rows, values], arguments: [sorted, wanted], result }) => {
      const length = rows!.shape[1]!
      const each = values!.shape[1]!
      if (numel(values!.shape) === 0) return
      code.for(int(0), int(values!.shape[0]!), 1, (row) => {
        code.for(int(0), int(each), 1, (i) => {
          const at = code.bind(add(mul(row, int(each)), i))
          const value = code.bind(code.load(wanted!, at))
          const [low, high] = [code.variable(int(0)), code.variable(int(length))]
          code.while(compare("lt", use(low), use(high)), () => {
            const middle = code.bind(binary("div", add(use(low), use(high)), int(2)))
            const element = code.bind(code.load(sorted!, add(mul(row, int(length)), middle)))
            code.if(
              compare(attrs.right ? "gt" : "ge", element, value),
              () => code.assign(high, middle),
              () => code.assign(low, add(middle, int(1))),
            )
          })
          code.store(result, at, use(low))
        })
      })
    },
  },
}

/** Values may be float or int32, of one type with the rows. */
export function searchSorted(rows: Node, values: Node, right: boolean): Node {
  return makeNode(searchSortedOp, [rows, values], { right })
}
