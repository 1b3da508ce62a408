import type { Capabilities } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { Index } from "../kernel/index.ts"
import type { Primitive } from "../ops/index.ts"
import { primitiveOf } from "../ops/index.ts"
import { affineOperand, worthTiling } from "./contraction.ts"
import { reducedExtents } from "./loops.ts"

/** What becomes a kernel. Every other node is computed inside the kernels that use it. */
export interface Partition {
  /** Nodes whose values are in memory: results of kernels, and what was given. */
  readonly stored: ReadonlySet<Node>
  /** Kernel roots, each after those that it reads. */
  readonly roots: readonly Node[]
  /** Further results that a kernel stores on its way to its root. */
  readonly alsoStores: ReadonlyMap<Node, readonly Node[]>
}

/** Longest chain of operations in one kernel: beyond it, compiling costs more than a trip through memory. */
const DEPTH_LIMIT = 128

/** Work that is done twice rather than written to memory and read back. */
const RECOMPUTE_LIMIT = 4

/** A reduction leaves few numbers when it had so many elements for each, and a view repeats often from here on. */
const FEW = 16

/** Where a node is computed inside the kernel of `root`: at one index in terms of the loops around it, or at several. */
interface Place {
  readonly root: Node
  readonly index: readonly Index[] | null
  /** The root's loops, and inside them those of the reductions that it is computed for; outermost first. */
  readonly loops: readonly Index[]
}

/** The nodes of a computation, and what is asked of it. */
export interface Task {
  /** All nodes concerned, inputs before users. */
  readonly order: readonly Node[]
  /** Nodes whose values are there already. */
  readonly given: ReadonlySet<Node>
  /** Nodes to compute. */
  readonly targets: ReadonlySet<Node>
}

export function partition(task: Task, device: Capabilities): Partition {
  return new Partitioner(task, device).run()
}

class Partitioner {
  private readonly order: readonly Node[]
  private readonly given: ReadonlySet<Node>
  private readonly targets: ReadonlySet<Node>
  private readonly device: Capabilities
  private readonly users = new Map<Node, Node[]>()
  private readonly stored = new Set<Node>()
  private readonly places = new Map<Node, Place[]>()
  private readonly costs = new Map<Node, number>()
  private readonly alsoStores = new Map<Node, Node[]>()
  private readonly merged = new Set<Node>()
  /** Loop variables of each root and each reduction, outermost first. */
  private readonly loops = new Map<Node, readonly Index[]>()

  constructor({ order, given, targets }: Task, device: Capabilities) {
    this.order = order
    this.given = given
    this.targets = targets
    this.device = device
  }

  run(): Partition {
    for (const node of this.order) {
      if (this.given.has(node)) this.stored.add(node)
      else for (const input of node.inputs) this.addUser(input, node)
    }
    this.cutLongChains()
    for (let i = this.order.length - 1; i >= 0; i--) {
      const node = this.order[i]!
      if (!this.given.has(node)) this.decide(node)
    }
    const roots = this.order.filter(
      (node) => this.stored.has(node) && !this.given.has(node) && !this.merged.has(node),
    )
    return { stored: this.stored, roots, alsoStores: this.alsoStores }
  }

  /** Stores a node now and then in very long chains. */
  private cutLongChains(): void {
    const depths = new Map<Node, number>()
    for (const node of this.order) {
      if (this.given.has(node)) continue
      const depth = 1 + Math.max(0, ...node.inputs.map((input) => depths.get(input) ?? 0))
      if (depth > DEPTH_LIMIT) this.stored.add(node)
      depths.set(node, depth > DEPTH_LIMIT ? 0 : depth)
    }
  }

  private addUser(node: Node, user: Node): void {
    const list = this.users.get(node)
    if (list === undefined) this.users.set(node, [user])
    else list.push(user)
  }

  /** Users come before their inputs, so that the fate of every user is known here. */
  private decide(node: Node): void {
    const { lower } = primitiveOf(node)
    const places = this.placesOf(node)
    const roots = new Set(places.map((place) => place.root))
    if (this.targets.has(node)) {
      if (roots.size === 1 && this.canStoreOnTheWay(node, places)) this.storeOnTheWay(node, places[0]!.root)
      else this.makeRoot(node)
    } else if (!this.stored.has(node)) {
      if (this.mustStore(node, lower, places, roots)) this.makeRoot(node)
      else this.places.set(node, places)
    } else this.makeRoot(node)
    this.demandOperands(node, lower)
  }

  private makeRoot(node: Node): void {
    this.stored.add(node)
    const loops = loopIndices(node)
    this.loops.set(node, loops)
    this.places.set(node, [{ root: node, index: loops.slice(0, node.shape.length), loops }])
  }

  /** Elementwise results at the root's own index are stored by the root's kernel: one pass writes them all. */
  private canStoreOnTheWay(node: Node, places: readonly Place[]): boolean {
    const { lower } = primitiveOf(node)
    if (lower.kind !== "pointwise" || this.stored.has(node)) return false
    const [{ root }] = places as [Place]
    if (primitiveOf(root).lower.kind !== "pointwise") return false
    return (
      places.every((place) => sameIndex(place.index, this.loops.get(root)!)) &&
      node.aval.size === root.aval.size
    )
  }

  private storeOnTheWay(node: Node, root: Node): void {
    this.stored.add(node)
    this.merged.add(node)
    const loops = this.loops.get(root)!
    this.places.set(node, [{ root, index: loops, loops }])
    const list = this.alsoStores.get(root)
    if (list === undefined) this.alsoStores.set(root, [node])
    else list.push(node)
  }

  /** Where the users of a node compute it. */
  private placesOf(node: Node): Place[] {
    const out: Place[] = []
    const ofRoot = new Map<Node, Place[]>()
    for (const user of this.users.get(node) ?? []) {
      for (const place of this.places.get(user)!) {
        const found = inputPlace(user, node, place, this.loops)
        const known = ofRoot.get(found.root) ?? []
        if (known.some((other) => sameIndex(other.index, found.index))) continue
        ofRoot.set(found.root, [...known, found])
        out.push(found)
      }
    }
    return out
  }

  private mustStore(
    node: Node,
    lower: Primitive["lower"],
    places: readonly Place[],
    roots: ReadonlySet<Node>,
  ): boolean {
    if (this.alwaysStored(node)) return true
    if (lower.kind === "reduction" || lower.kind === "contraction")
      return !this.computedOnce(node, places, roots)
    if (lower.kind === "view") return false
    const cost = this.cost(node)
    if (cost <= RECOMPUTE_LIMIT) return false
    return roots.size > 1 || this.users.get(node)!.some((user) => this.repeats(user, node))
  }

  /** Whether a node gets a place in memory whoever uses it; its users are decided before it is. */
  private alwaysStored(node: Node): boolean {
    const { lower } = primitiveOf(node)
    if (lower.kind === "push" || lower.kind === "routine") return true
    if (lower.kind === "view") return lower.stored ?? false
    return lower.kind === "contraction" && this.device.tiledContractions && worthTiling(node)
  }

  /** Whether a use computes elements of `node` more than once. */
  private repeats(user: Node, node: Node): boolean {
    const { lower } = primitiveOf(user)
    if (lower.kind === "contraction") return true
    if (lower.kind === "pointwise") return !lower.elementwise && user.aval.size > node.aval.size
    if (lower.kind !== "view" || user.aval.size <= node.aval.size) return false
    // Repetition along the innermost loops leaves them by itself.
    const loops = loopIndices(user)
    return turnsNeeded(loops, lower.index(loops, user.attrs, node.shape)) > node.aval.size
  }

  /** A reduction moves into its only kernel when that computes each of its elements once. */
  private computedOnce(node: Node, places: readonly Place[], roots: ReadonlySet<Node>): boolean {
    if (roots.size !== 1 || places.length !== 1) return false
    const [{ root, index, loops }] = places as [Place]
    const kind = primitiveOf(root).lower.kind
    if (index === null || (kind !== "pointwise" && kind !== "view" && kind !== "reduction")) return false
    return turnsNeeded(loops, index) <= node.aval.size
  }

  /**
   * What will have a place in memory when a user of it is computed in two kernels, since it is needed in both then: dear
   * work with several users, and the few numbers that a reduction leaves. (Its fate is not decided yet: users come
   * first.)
   */
  private keptAnyway(node: Node): boolean {
    if (this.given.has(node)) return false
    const { lower } = primitiveOf(node)
    if (lower.kind === "reduction") return node.aval.size * FEW <= node.inputs[0]!.aval.size
    return lower.kind === "pointwise" && lower.cost > RECOMPUTE_LIMIT && this.users.get(node)!.length > 1
  }

  /** Work to compute one element, as far as it would be done again. */
  private cost(node: Node): number {
    if (this.stored.has(node) || this.alwaysStored(node)) return 1
    const known = this.costs.get(node)
    if (known !== undefined) return known
    const { lower } = primitiveOf(node)
    // What is repeated that often leaves the inner loops, or gets a place in memory of its own.
    if (lower.kind === "view" && node.inputs[0]!.aval.size * FEW <= node.aval.size) return 1
    let total = lower.kind === "pointwise" ? lower.cost : lower.kind === "view" ? 0 : 1000
    for (const input of node.inputs) {
      if (total > 1000) break
      total += this.keptAnyway(input)
        ? 1
        : lower.kind === "view" || !this.given.has(input)
          ? this.cost(input)
          : input.aval.size === 1
            ? 0
            : 1
    }
    this.costs.set(node, total)
    return total
  }

  /** The first node behind a chain of views. */
  private baseOfViews(node: Node): Node {
    let base = node
    while (!this.given.has(base) && primitiveOf(base).lower.kind === "view") base = base.inputs[0]!
    return base
  }

  /** Contractions and routines read their arguments from memory. */
  private demandOperands(node: Node, lower: Primitive["lower"]): void {
    if (lower.kind === "routine") for (const input of node.inputs) this.stored.add(input)
    if (lower.kind !== "contraction") return
    const tiled = this.stored.has(node) && this.device.tiledContractions && worthTiling(node)
    for (const input of node.inputs) {
      const base = this.baseOfViews(input)
      if (!tiled || affineOperand(input, base) !== null) this.stored.add(base)
      else this.stored.add(input)
    }
  }
}

/** Turns of a loop nest down to the innermost loop that an index depends on: how often its value is computed there. */
function turnsNeeded(loops: readonly Index[], index: readonly Index[]): number {
  let turns = 1
  let needed = 1
  for (const loop of loops) {
    turns *= loop.max - loop.min + 1
    const atom = loop.terms[0]?.atom
    if (atom?.kind === "symbol" && index.some((i) => i.dependsOn(atom.symbol))) needed = turns
  }
  return needed
}

let loopSymbols = -1

/** One symbol for each dimension of a root and, for a reduction, each reduced one. */
function loopIndices(node: Node): Index[] {
  const extents = [...node.shape, ...reducedExtents(node)]
  return extents.map((extent) => Index.symbol({ id: loopSymbols--, min: 0, max: Math.max(extent - 1, 0) }))
}

/** Where `user`, computed at `place`, reads `node`; its index is null when there are several or it is not known. */
function inputPlace(user: Node, node: Node, place: Place, loops: Map<Node, readonly Index[]>): Place {
  const { root, index, loops: around } = place
  if (index === null || isElementwise(user)) return place
  const { lower } = primitiveOf(user)
  if (lower.kind === "view") return { root, index: lower.index(index, user.attrs, node.shape), loops: around }
  if (lower.kind !== "reduction" || lower.read === undefined) return { root, index: null, loops: around }
  let own = loops.get(user)
  if (own === undefined) {
    own = loopIndices(user)
    loops.set(user, own)
  }
  const reduced = own.slice(user.shape.length)
  return {
    root,
    index: lower.read(index, reduced, user.attrs),
    loops: user === root ? around : [...around, ...reduced],
  }
}

function isElementwise(node: Node): boolean {
  const { lower } = primitiveOf(node)
  return lower.kind === "pointwise" && lower.elementwise
}

function sameIndex(a: readonly Index[] | null, b: readonly Index[] | null): boolean {
  if (a === null || b === null) return a === b
  return a.length === b.length && a.every((index, i) => index.key === b[i]!.key)
}
