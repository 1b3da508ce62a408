import type { Capabilities } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import type { Lanes } from "../kernel/index.ts"
import { primitiveOf } from "../ops/index.ts"
import { lowerContraction, worthTiling } from "./contraction.ts"
import { estimateCost } from "./cost.ts"
import type { Partition } from "./fuse.ts"
import { groupings, reducedExtents } from "./loops.ts"
import type { LoweredKernel } from "./lowering.ts"
import { KernelLowering } from "./lowering.ts"
import { lowerRoutine } from "./routine.ts"
import type { LoopShape } from "./shapes.ts"
import { reordered, rowsOfBlock, sameLoops, splitDimensions } from "./shapes.ts"

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

/** Lanes of vectors that every device has. */
const NARROW = 4

/** Tries loop shapes for one kernel: the usual ones, and others where those read memory badly. */
class ShapeSearch {
  private readonly root: Node
  private readonly partition: Partition
  private readonly device: Capabilities
  private best: KernelLowering | null = null
  private bestCost = Infinity
  private bestKernel: LoweredKernel | null = null
  private readonly tried: KernelLowering[] = []
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
    if (this.tryFlat(lanes.at(-1)!)) return this.bestKernel!
    for (const shape of loopShapes(root, lanes)) this.consider(shape)
    // Where wide vectors find no place, in short rows say, narrow ones may.
    if (this.best!.readsScattered && lanes.at(-1)! > NARROW) {
      for (const shape of loopShapes(root, [1, NARROW])) this.consider(shape)
    }
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

  /**
   * One vector loop over all elements. Where every element is read at that loop's own index or is the same for all,
   * no other shape does less, and nothing else is tried.
   */
  private tryFlat(lanes: Lanes): boolean {
    const { root } = this
    const { kind } = primitiveOf(root).lower
    if (lanes === 1 || (kind !== "pointwise" && kind !== "view")) return false
    const outer = groupings(root.shape).find((groups) => groups.length === 1)
    if (outer === undefined) return false
    this.consider({ outer, inner: [], outerLanes: lanes, innerLanes: 1, blockRows: 0 })
    return this.best!.isPlain
  }

  private consider(shape: LoopShape): void {
    if (this.cannotWin(shape)) return
    const lowering = new KernelLowering(this.root, this.partition, shape, this.device.runtimeSizes)
    const lowered = lowering.lower()
    for (const [dim, units] of lowering.divisionUnits) {
      this.units.set(dim, new Set([...(this.units.get(dim) ?? []), ...units]))
    }
    this.tried.push(lowering)
    const cost = estimateCost(lowered.kernel)
    if (cost >= this.bestCost) return
    this.best = lowering
    this.bestCost = cost
    this.bestKernel = lowered
  }

  /** What was tried gives the same again, and what takes elements one by one is no match for vectors of neighbours. */
  private cannotWin(shape: LoopShape): boolean {
    if (this.tried.some((other) => sameLoops(shape, other.shape, other.usesInnerLanes))) return true
    return shape.outerLanes === 1 && this.best !== null && !this.best.readsScattered && !this.best.reduces
  }

  /** The best shape with rows taken in blocks, for a reduction that would otherwise go down long columns. */
  private blocked(): LoweredKernel | null {
    const { root, best } = this
    const { kind } = primitiveOf(root).lower
    if (kind !== "reduction" && kind !== "contraction") return null
    if (this.partition.alsoStores.has(root)) return null
    const blockRows = best!.readsScattered ? 0 : rowsOfBlock(best!.shape)
    return blockRows === 0
      ? null
      : new KernelLowering(
          root,
          this.partition,
          { ...best!.shape, blockRows },
          this.device.runtimeSizes,
        ).lower()
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
