import type { Capabilities } from "../base/index.ts"
import { internalError } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import type { Kernel, Lanes, Scope, Value } from "../kernel/index.ts"
import { Code, flattenIndex, Index, KernelBuilder, reduce } from "../kernel/index.ts"
import type { Contraction, Pull, Push, Reduction, Routine } from "../ops/index.ts"
import { primitiveOf, scalarType } from "../ops/index.ts"
import { lowerContraction, worthTiling } from "./contraction.ts"
import { estimateCost } from "./cost.ts"
import type { Partition } from "./fuse.ts"
import type { Groups } from "./loops.ts"
import { elementIndex, groupings, iterate, reducedExtents } from "./loops.ts"
import type { LoopShape } from "./shapes.ts"
import { extentOf, hasVectorLoop, reordered, rowsOfBlock, splitDimensions, stripWidth } from "./shapes.ts"

/** A kernel and the nodes behind its buffers; null stands for scratch memory. */
export interface LoweredKernel {
  readonly kernel: Kernel
  readonly operands: readonly (Node | null)[]
}

/** The kernel that computes a root: the cheapest of the loop shapes that are worth trying. */
export function lowerRoot(root: Node, partition: Partition, device: Capabilities): LoweredKernel {
  const { lower } = primitiveOf(root)
  if (lower.kind === "routine") return lowerRoutine(root, lower)
  if (lower.kind === "contraction" && device.tiledContractions && worthTiling(root)) {
    const { kernel, reads } = lowerContraction(root, (node) => partition.stored.has(node), device)
    const scratch = kernel.buffers.slice(3).map(() => null)
    return { kernel, operands: [...reads, root, ...scratch] }
  }
  return new ShapeSearch(root, partition, device).run()
}

/** Tries loop shapes for one kernel: the usual ones, and others where those read memory badly. */
class ShapeSearch {
  private readonly root: Node
  private readonly partition: Partition
  private readonly device: Capabilities
  private best: KernelLowering | null = null
  private bestCost = Infinity
  private bestKernel: LoweredKernel | null = null
  /** Numbers by which the indices of each dimension were divided. */
  private readonly units = new Map<number, Set<number>>()

  constructor(root: Node, partition: Partition, device: Capabilities) {
    this.root = root
    this.partition = partition
    this.device = device
  }

  run(): LoweredKernel {
    const { root } = this
    const lanes = vectorLanes(root, this.partition, this.device)
    for (const shape of loopShapes(root, lanes)) this.consider(shape)
    if (primitiveOf(root).lower.kind === "push") return this.bestKernel!
    const parts = splitDimensions(root.shape, this.units)
    if (parts !== null) {
      const { inner, innerLanes } = this.best!.shape
      for (const outerLanes of lanes)
        this.consider({ outer: parts, inner, outerLanes, innerLanes, blockRows: 0 })
    }
    const widest = lanes.at(-1)!
    if (widest > 1 && root.shape.length > 1 && this.best!.readsScattered) {
      const separate = parts ?? groupings(root.shape)[0]!
      for (const shape of reordered({ ...this.best!.shape, outer: separate }, widest)) this.consider(shape)
    }
    return this.blocked() ?? this.bestKernel!
  }

  private consider(shape: LoopShape): void {
    const lowering = new KernelLowering(this.root, this.partition, shape)
    const lowered = lowering.lower()
    for (const [dim, units] of lowering.divisionUnits) {
      this.units.set(dim, new Set([...(this.units.get(dim) ?? []), ...units]))
    }
    const cost = estimateCost(lowered.kernel)
    if (cost >= this.bestCost) return
    this.best = lowering
    this.bestCost = cost
    this.bestKernel = lowered
  }

  /** The best shape with rows taken in blocks, for a reduction that would otherwise go down long columns. */
  private blocked(): LoweredKernel | null {
    const { root, best } = this
    if (primitiveOf(root).lower.kind !== "reduction" || this.partition.alsoStores.has(root)) return null
    const blockRows = best!.readsScattered ? 0 : rowsOfBlock(best!.shape)
    return blockRows === 0
      ? null
      : new KernelLowering(root, this.partition, { ...best!.shape, blockRows }).lower()
  }
}

function loopShapes(root: Node, lanes: readonly Lanes[]): LoopShape[] {
  const reduced = reducedExtents(root)
  const shapes: LoopShape[] = []
  for (const outer of groupings(root.shape)) {
    for (const inner of groupings(reduced)) {
      for (const outerLanes of lanes) {
        for (const innerLanes of lanes) {
          if (lanes.length > 1 && outerLanes === 1 && innerLanes === 1) continue
          shapes.push({ outer, inner, outerLanes, innerLanes, blockRows: 0 })
        }
      }
    }
  }
  return shapes
}

/** Vector widths that every type in the kernel has on this device. */
function vectorLanes(root: Node, partition: Partition, device: Capabilities): Lanes[] {
  if (device.vectorBytes === 0) return [1]
  let wide = false
  const seen = new Set<Node>()
  const visit = (node: Node): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (node.aval.dtype === "float64") wide = true
    if (node === root || !partition.stored.has(node) || partition.alsoStores.get(root)?.includes(node)) {
      for (const input of node.inputs) visit(input)
    }
  }
  visit(root)
  if (!wide) return [1, (device.vectorBytes / 4) as Lanes]
  // Registers of 128 bits hold two doubles, too few for the other types beside them.
  return device.vectorBytes > 16 ? [1, (device.vectorBytes / 8) as Lanes] : [1]
}

function lowerRoutine(root: Node, lower: Routine<object>): LoweredKernel {
  const code = new Code()
  const args = root.inputs.map((input) => code.buffer(scalarType(input.aval), input.aval.size, "read"))
  const result = code.buffer(scalarType(root.aval), root.aval.size, "write")
  const inputs = root.inputs.map((input) => input.aval)
  lower.emit({ code, attrs: root.attrs, inputs, output: root.aval, arguments: args, result })
  const kernel = code.finish(root.op.name)
  const scratch = kernel.buffers.slice(root.inputs.length + 1).map(() => null)
  return { kernel, operands: [...root.inputs, root, ...scratch] }
}

class KernelLowering {
  private readonly b = new KernelBuilder()
  private readonly root: Node
  private readonly partition: Partition
  readonly shape: LoopShape
  /** Numbers by which the indices of each dimension of the root are divided. */
  readonly divisionUnits = new Map<number, ReadonlySet<number>>()
  /** Whether elements that one vector needs lie apart, or there are no vectors at all. */
  readsScattered = false
  private readonly operands: (Node | null)[] = []
  private readonly bufferOf = new Map<Node, number>()
  private readonly computed = new Map<string, Value>()
  private readonly own: ReadonlySet<Node>
  private readonly names = new Set<string>()

  constructor(root: Node, partition: Partition, shape: LoopShape) {
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
    return { kernel, operands: this.operands }
  }

  private buffer(node: Node, access: "read" | "write"): number {
    let buffer = this.bufferOf.get(node)
    if (buffer === undefined) {
      buffer = this.b.buffer(scalarType(node.aval), node.aval.size, access)
      this.bufferOf.set(node, buffer)
      this.operands.push(node)
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
      true,
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
    const lower = primitiveOf(root).lower as Reduction<object>
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
    iterate(b, b.root, nest, 1, body, true)
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
      iterate(b, b.root, [{ dims: [0], extents: [root.aval.size] }], lanes, ([i], scope) =>
        b.store(out, i!, value, scope),
      )
    }
    const inputs = root.inputs.map((input) => input.aval)
    for (const part of lower.parts(inputs, root.attrs)) {
      const input = root.inputs[part.input]!
      const order = lower.order(root.attrs, input.shape.length)
      const groups = order.map((dim) => ({ dims: [dim], extents: [input.shape[dim]!] }))
      const usable = this.pushLanes(lower, part.input, groups, lanes)
      iterate(b, b.root, groups, usable, (groupIndex, scope) => {
        const index = elementIndex(groupIndex, groups)
        const value = this.evaluate(input, index)
        const target = flattenIndex(part.target(index, this.frame(root)), root.shape)
        this.put(lower, out, target, value, scope)
      })
    }
  }

  /** Vectors are added only where neighbours of the argument are neighbours in the result. */
  private pushLanes(lower: Push<object>, input: number, groups: Groups, lanes: Lanes): Lanes {
    if (!lower.accumulate || lanes === 1) return lanes
    const trial = new KernelLowering(this.root, this.partition, { ...this.shape, outerLanes: 1 })
    trial.buffer(this.root, "write")
    let contiguous = true
    iterate(trial.b, trial.b.root, groups, 1, (groupIndex, scope) => {
      const inputs = this.root.inputs.map((node) => node.aval)
      const part = lower.parts(inputs, this.root.attrs).find((candidate) => candidate.input === input)!
      const index = elementIndex(groupIndex, groups)
      const target = flattenIndex(part.target(index, trial.frame(this.root)), this.root.shape)
      contiguous = scope.symbol === null || trial.b.follows(target, scope)
    })
    return contiguous ? lanes : 1
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
    const frame = this.frame(node)
    const extents = lower.extents(frame.inputs, node.attrs)
    // Only the root's own reduction has a choice of loops; others run along each dimension.
    const groups = node === this.root ? this.shape.inner : groupings(extents)[0]!
    const scope = b.scopeOfAll(index)
    const lanes = b.vectorScope(scope) === null ? this.shape.innerLanes : 1
    const type = scalarType(node.aval)
    const sizes = groups.map((group) => group.extents.reduce((n, size) => n * size, 1))
    return reduce(b, scope, sizes, type, lower.reducer(node.attrs, type), lanes, (groupIndex) =>
      lower.value(frame, index, elementIndex(groupIndex, groups)),
    )
  }

  /** The root's reduction over some of its rows: `count` of the outermost loop's turns from `start` on. */
  private reduceRows(
    node: Node,
    lower: Reduction<object>,
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
