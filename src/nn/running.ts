import { NablaError } from "../base/index.ts"
import type { ModuleScope } from "../tensor/index.ts"
import { enterModule, leaveModule } from "../tensor/index.ts"

/** What must be known of a module here. */
interface Whole {
  namedModules(): readonly (readonly [path: string, part: object])[]
}

/** A module whose forward is running. */
interface Running {
  readonly module: Whole
  /** From the outermost running module, such as `encoder.layers.2.linear1`; the outermost one itself has "". */
  readonly path: string
  readonly scope: ModuleScope
}

/** The outermost first. */
const stack: Running[] = []

/** Errors that already say in which module they arose. */
const placed = new WeakSet<NablaError>()

/** Begins the forward of a module: its path is told to what it computes, and to errors. */
export function enter(module: Whole): void {
  const outer = stack.at(-1)
  const path = outer === undefined ? "" : joinPath(outer.path, nameWithin(outer.module, module))
  stack.push({ module, path, scope: enterModule(path) })
}

export function leave(): void {
  leaveModule(stack.pop()!.scope)
}

/** An error of the innermost running module, with that module's path. */
export function placeError(error: unknown): unknown {
  if (!(error instanceof NablaError) || placed.has(error)) return error
  const { module, path } = stack.at(-1)!
  const place = path === "" ? module.constructor.name : path
  const located = isOwnFunction(module, error.detail.where) ? error.at(place) : error.within(place)
  placed.add(located)
  return located
}

/** Whether a function is what the module is made of, as `batchNorm` is of BatchNorm2d: the path says as much. */
function isOwnFunction(module: Whole, name: string | undefined): boolean {
  return name !== undefined && module.constructor.name.toLowerCase().startsWith(name.toLowerCase())
}

export function joinPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`
}

/** Names of modules within others. A module knows its parts and not the other way round: it can have several places. */
const names = new WeakMap<Whole, WeakMap<Whole, string>>()

/** A module that is not among the parts of the other one goes by its class. */
function nameWithin(outer: Whole, inner: Whole): string {
  let known = names.get(outer)
  if (known === undefined) names.set(outer, (known = new WeakMap()))
  let name = known.get(inner)
  if (name === undefined) {
    name = outer.namedModules().find(([, part]) => part === inner)?.[0] ?? inner.constructor.name
    known.set(inner, name)
  }
  return name
}
