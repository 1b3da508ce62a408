import { internalError } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import type { Kernel, Scope, Value } from "../kernel/index.ts"
import { flattenIndex, Index, KernelBuilder, reduce } from "../kernel/index.ts"
import type { Contraction, Pull, Push, PushPart, Reduction } from "../ops/index.ts"
import { primitiveOf, scalarType } from "../ops/index.ts"
import type { Partition } from "./fuse.ts"
import type { Groups } from "./loops.ts"
import { elementIndex, groupings, haveOwnPlaces, iterate } from "./loops.ts"
import type { LoopShape } from "./shapes.ts"
import { extentOf, hasVectorLoop, stripWidth } from "./shapes.ts"

/** A kernel and the nodes behind its buffers; null stands for scratch memory. */
export interface LoweredKernel {
  readonly kernel: Kernel
  readonly operands: readonly (Node | null)[]
}

/** Writes the kernel of a root in one loop shape. */
export class KernelLowering {
  private readonly b: KernelBuilder
  private readonly root: Node
  private readonly partition: Partition
  readonly shape: LoopShape
  /** Numbers by which the indices of each dimension of the root are divided. */
  readonly divisionUnits = new Map<number, ReadonlySet<number>>()
  /** Whether elements that one vector needs lie apart, or there are no vectors at all. */
  readsScattered = false
  /** Whether it is one loop over everything, with nothing to look up but neighbours. */
  isPlain = false
  private readonly operands: Node[] = []
  private readonly bufferOf = new Map<Node, number>()
  private readonly computed = new Map<string, Value>()
  private readonly own: ReadonlySet<Node>
  private readonly names = new Set<string>()
  /** Whether it reduces anything, and whether a reduction looked at the shape's inner lanes. */
  reduces = false
  usesInnerLanes = false

  constructor(root: Node, partition: Partition, shape: LoopShape, anySize = false) {
    this.b = new KernelBuilder(anySize)
    this.root = root
    this.partition = partition
    this.shape = shape
    this.own = new Set([root, ...(partition.alsoStores.get(root) ?? [])])
  }

  lower(): LoweredKernel {
    const { lower } = primitiveOf(this.root)
    if (lower.kind === "push") this.push(lower)
    else this.pull()
    const name = [...this.names].slice(0, 8).join("_")
    const kernel = this.b.finish(name)
    this.readsScattered = this.b.gatheredLoads > 0 || !hasVectorLoop(kernel.body)
    this.isPlain = !this.readsScattered && this.b.addressDivisions === 0 && !this.reduces
    // Buffers without a node are working memory.
    return { kernel, operands: kernel.buffers.map((_, i) => this.operands[i] ?? null) }
  }

  private buffer(node: Node, access: "read" | "write"): number {
    let buffer = this.bufferOf.get(node)
    if (buffer === undefined) {
      buffer = this.b.buffer(scalarType(node.aval), node.aval.size, access)
      this.bufferOf.set(node, buffer)
      this.operands[buffer] = node
    }
    return buffer
  }

  /** Each element of the results, computed where it is stored. */
  private pull(): void {
    const results = [...this.own].map((node) => ({ node, buffer: this.buffer(node, "write") }))
    const { outer, outerLanes } = this.shape
    if (this.shape.blockRows > 0) return this.pullBlocks(results[0]!.buffer)
    iterate(
      this.b,
      this.b.root,
      outer,
      outerLanes,
      (groupIndex, scope) => {
        const index = elementIndex(groupIndex, outer)
        const flat = flattenIndex(index, this.root.shape)
        const values = results.map(({ node }) => this.compute(node, index))
        results.forEach(({ buffer }, i) => {
          this.b.store(buffer, flat, values[i]!, scope)
        })
        this.noteDivisions(groupIndex)
      },
      { independent: true, repeatable: true },
    )
  }

  /** Which loops over a whole dimension were taken apart by divisions. */
  private noteDivisions(groupIndex: readonly Index[]): void {
    this.shape.outer.forEach(({ dims, unit }, g) => {
      const atom = groupIndex[g]!.terms[0]?.atom
      if (dims.length > 1 || unit !== undefined || atom?.kind !== "symbol") return
      const units = this.b.divisionUnits.get(atom.symbol)
      if (units !== undefined) this.divisionUnits.set(dims[0]!, units)
    })
  }

  /** A reduction in blocks of rows: each block is reduced for some results, and joins what they hold so far. */
  private pullBlocks(out: number): void {
    const { b, root } = this
    const { outer, outerLanes, inner, blockRows } = this.shape
    this.names.add(root.op.name)
    const lower = primitiveOf(root).lower as Reduction<object> | Contraction<object>
    const { op } = lower.reducer(root.attrs, scalarType(root.aval))
    const rows = extentOf(inner[0]!)
    const whole = Math.floor(rows / blockRows)
    const columns = extentOf(outer.at(-1)!)
    const width = stripWidth(columns, outerLanes)
    const strips = { dims: [0], extents: [columns / width] }
    const strip = { dims: [0], extents: [width] }
    const inStrip = (leading: readonly Index[], left: Index, around: Scope): void => {
      const block = (place: Scope, start: Index, count: number): void =>
        iterate(b, place, [strip], outerLanes, ([column], scope) => {
          const index = elementIndex([...leading, left.add(column!)], outer)
          const flat = flattenIndex(index, root.shape)
          const part = this.reduceRows(root, lower, index, scope, { start, count })
          const first = start.isConstant && start.constant === 0
          b.store(out, flat, first ? part : b.binary(op, b.loadIn(out, flat, scope), part), scope)
        })
      block(around, Index.constant(0), blockRows)
      const loop = b.open(around, whole - 1, 1, 1)
      block(loop, b.index(loop).mul(blockRows), blockRows)
      b.close(loop)
      if (rows % blockRows > 0) block(around, Index.constant(whole * blockRows), rows % blockRows)
    }
    const nest = [...outer.slice(0, -1), strips]
    const body = (at: Index[], scope: Scope): void => inStrip(at.slice(0, -1), at.at(-1)!.mul(width), scope)
    iterate(b, b.root, nest, 1, body, { independent: true })
  }

  /** Fills the result, then puts every element of the arguments in its place. */
  private push(lower: Push<object>): void {
    const { root, b } = this
    this.names.add(root.op.name)
    const out = this.buffer(root, "write")
    const fill = lower.fill(root.attrs)
    const lanes = this.shape.outerLanes
    if (fill !== null) {
      const value = b.constant(scalarType(root.aval), fill)
      const all = [{ dims: [0], extents: [root.aval.size] }]
      iterate(b, b.root, all, lanes, ([i], scope) => b.store(out, i!, value, scope), {
        independent: true,
      })
    }
    const inputs = root.inputs.map((input) => input.aval)
    for (const part of lower.parts(inputs, root.attrs)) {
      const input = root.inputs[part.input]!
      const order = lower.order(root.attrs, input.shape.length)
      const groups = order.map((dim) => ({ dims: [dim], extents: [input.shape[dim]!] }))
      const loops = this.pushLoops(lower, part, groups)
      const usable = lower.accumulate && !loops.contiguous ? 1 : lanes
      const body = (groupIndex: Index[], scope: Scope): void => {
        const index = elementIndex(groupIndex, groups)
        const value = this.evaluate(input, index)
        const target = flattenIndex(part.target(index, this.frame(root)), root.shape)
        this.put(lower, out, target, value, scope)
      }
      iterate(b, b.root, groups, usable, body, { independent: loops.apart })
    }
  }

  /**
   * Whether neighbours of an argument become neighbours in the result, so that vectors of them can be added there, and
   * whether each turn of the outermost loop has places of its own there, whatever the data is.
   */
  private pushLoops(
    lower: Push<object>,
    { input }: PushPart<object>,
    groups: Groups,
  ): { contiguous: boolean; apart: boolean } {
    const { root } = this
    const trial = new KernelLowering(root, this.partition, { ...this.shape, outerLanes: 1 })
    trial.buffer(root, "write")
    let contiguous = true
    let apart = false
    iterate(trial.b, trial.b.root, groups, 1, (groupIndex, scope) => {
      const inputs = root.inputs.map((node) => node.aval)
      const part = lower.parts(inputs, root.attrs).find((candidate) => candidate.input === input)!
      const index = elementIndex(groupIndex, groups)
      const target = flattenIndex(part.target(index, trial.frame(root)), root.shape)
      contiguous = scope.symbol === null || trial.b.follows(target, scope)
      apart = haveOwnPlaces(target, scope)
    })
    return { contiguous, apart }
  }

  private put(lower: Push<object>, out: number, target: Index, value: Value, scope: Scope): void {
    const { b } = this
    if (!lower.accumulate) return b.store(out, target, value, scope)
    const before = b.loadIn(out, target, scope)
    b.store(out, target, b.binary(lower.combine?.(this.root.attrs) ?? "add", before, value), scope)
  }

  /** A node of this kernel at an index: from memory when it lies there, otherwise computed. */
  private evaluate(node: Node, index: readonly Index[]): Value {
    if (this.partition.stored.has(node) && !this.own.has(node)) {
      return this.remember(node, index, () =>
        this.b.load(this.buffer(node, "read"), flattenIndex(index, node.shape)),
      )
    }
    return this.compute(node, index)
  }

  private remember(node: Node, index: readonly Index[], make: () => Value): Value {
    const key = `${node.id}@${index.map((i) => i.key).join(";")}`
    const known = this.computed.get(key)
    if (known !== undefined) return known
    const value = make()
    this.computed.set(key, value)
    return value
  }

  private compute(node: Node, index: readonly Index[]): Value {
    return this.remember(node, index, () => {
      const { lower } = primitiveOf(node)
      if (lower.kind !== "view") this.names.add(node.op.name)
      switch (lower.kind) {
        case "view":
          return this.evaluate(node.inputs[0]!, lower.index(index, node.attrs, node.inputs[0]!.shape))
        case "pointwise":
          return lower.value(this.frame(node), index)
        case "reduction":
        case "contraction":
          return this.reduce(node, lower, index)
        default:
          throw internalError(`${node.op.name} cannot be computed inside another kernel`)
      }
    })
  }

  private frame(node: Node): Pull<object> {
    return {
      b: this.b,
      attrs: node.attrs,
      inputs: node.inputs.map((input) => input.aval),
      output: node.aval,
      input: (i, index) => this.evaluate(node.inputs[i]!, index),
    }
  }

  private reduce(node: Node, lower: Reduction<object> | Contraction<object>, index: readonly Index[]): Value {
    const { b } = this
    this.reduces = true
    const frame = this.frame(node)
    const extents = lower.extents(frame.inputs, node.attrs)
    // Only the root's own reduction has a choice of loops; others run along each dimension.
    const groups = node === this.root ? this.shape.inner : groupings(extents)[0]!
    const scope = b.scopeOfAll(index)
    const free = b.vectorScope(scope) === null
    if (free) this.usesInnerLanes = true
    const lanes = free ? this.shape.innerLanes : 1
    const type = scalarType(node.aval)
    const sizes = groups.map((group) => group.extents.reduce((n, size) => n * size, 1))
    return reduce(b, scope, sizes, type, lower.reducer(node.attrs, type), lanes, (groupIndex) =>
      lower.value(frame, index, elementIndex(groupIndex, groups)),
    )
  }

  /** The root's reduction over some of its rows: `count` of the outermost loop's turns from `start` on. */
  private reduceRows(
    node: Node,
    lower: Reduction<object> | Contraction<object>,
    index: readonly Index[],
    scope: Scope,
    { start, count }: { start: Index; count: number },
  ): Value {
    const { inner } = this.shape
    const type = scalarType(node.aval)
    const [, ...deeper] = inner.map((group) => group.extents.reduce((n, size) => n * size, 1))
    const frame = this.frame(node)
    return reduce(
      this.b,
      scope,
      [count, ...deeper],
      type,
      lower.reducer(node.attrs, type),
      1,
      ([row, ...rest]) => lower.value(frame, index, elementIndex([start.add(row!), ...rest], inner)),
    )
  }
}
