import type { DType } from "../base/index.ts"
import { isFloating, NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { assign } from "./assign.ts"
import type { BackwardHook } from "./backward-hooks.ts"
import { BackwardWatch } from "./backward-hooks.ts"
import { Buffer, Parameter } from "./parameter.ts"
import { enter, joinPath, leave, placeError } from "./running.ts"
import type { KeyReport, StateDict } from "./state-dict.ts"
import { loadState } from "./state-dict.ts"

/*
 * Names. A parameter, buffer or module is found in the field that holds it, and its name is that of the field. Layers
 * whose fields have several words (`runningMean`) are found under PyTorch's spelling (`running_mean`), so that state
 * dictionaries go both ways. Such a class overrides `members` in one line:
 *
 *     protected override members(): Members {
 *       return inSnakeCase(this)
 *     }
 *
 * What has no field of its own (the weights of a stack of recurrent layers) is added by `registerParameter` and
 * `registerBuffer` under the name that it is to have: `registerParameter("weight_ih_l0", parameter)`.
 */

/** Called before forward; what it returns, if anything, replaces the arguments. */
export type ForwardPreHook = (module: AnyModule, args: readonly unknown[]) => readonly unknown[] | undefined

/** Called after forward; what it returns, if anything, replaces the output. */
// biome-ignore lint/suspicious/noConfusingVoidType: most hooks only look
export type ForwardHook = (module: AnyModule, args: readonly unknown[], output: unknown) => unknown | void

/** Called during backward; see BackwardHook. */
export type FullBackwardHook = BackwardHook<AnyModule>

export interface HookOptions {
  /**
   * The hook does nothing but compute with tensors, and keeps what it computes through `updateLater` alone. A captured
   * step then holds what it computes, and replays it without calling the hook. Default: false, the hook is called at
   * every step, which therefore runs as it is written.
   */
  readonly replayable?: boolean
}

/** What registering a hook gives: the way to take it off again. */
export interface HookHandle {
  remove(): void
}

type Named<T> = readonly [name: string, value: T]

/** What a module holds, by name; values that are neither parameters, buffers nor modules are passed over. */
export type Members = Iterable<Named<unknown>>

/** The fields of a module under PyTorch's names: `runningMean` as `running_mean`, `inProjWeight` as `in_proj_weight`. */
export function inSnakeCase(module: AnyModule): Members {
  return Object.entries(module).map(([name, value]) => [snakeCase(name), value] as const)
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/**
 * What all modules are, whatever their forward takes and gives. A class of one's own extends Module.
 */
export abstract class AnyModule {
  /** Whether the module is being trained; layers such as dropout behave otherwise in evaluation. */
  training = true
  readonly #preHooks = new Set<ForwardPreHook>()
  readonly #hooks = new Set<ForwardHook>()
  readonly #backwardHooks = new Set<FullBackwardHook>()
  /** Hooks that want to be called at every step. */
  readonly #called = new Set<unknown>()

  constructor() {
    // The class's own forward stays behind this one, which adds hooks, and the module's path to errors. `super.forward`
    // reaches the class's own.
    const compute = (this as { forward?: Forward }).forward
    const forward: Forward = (...args) => this.#run(compute, args)
    Object.defineProperty(this, "forward", { value: forward, writable: true, configurable: true })
  }

  #run(compute: Forward | undefined, args: readonly unknown[]): unknown {
    if (compute === undefined) throw withoutForward(this)
    enter(this)
    try {
      let taken = args
      for (const hook of this.#preHooks) taken = hook(this, taken) ?? taken
      let output = this.#watched(compute, taken)
      for (const hook of this.#hooks) output = hook(this, taken, output) ?? output
      return output
    } catch (error) {
      throw placeError(error)
    } finally {
      leave()
    }
  }

  /** Whether hooks are registered on this module itself that are to be called at every step. */
  get hooked(): boolean {
    return this.#called.size > 0
  }

  #add<T>(hooks: Set<T>, hook: T, { replayable = false }: HookOptions): HookHandle {
    hooks.add(hook)
    if (!replayable) this.#called.add(hook)
    return {
      remove: () => {
        hooks.delete(hook)
        this.#called.delete(hook)
      },
    }
  }

  #watched(compute: Forward, args: readonly unknown[]): unknown {
    if (this.#backwardHooks.size === 0) return compute.call(this, ...args)
    const watch = new BackwardWatch(this, this.#backwardHooks)
    return watch.outputs(compute.call(this, ...watch.inputs(args)))
  }

  /** Calls `hook` before each forward of this module. */
  registerForwardPreHook(hook: ForwardPreHook, options: HookOptions = {}): HookHandle {
    return this.#add(this.#preHooks, hook, options)
  }

  /** Calls `hook` after each forward of this module. */
  registerForwardHook(hook: ForwardHook, options: HookOptions = {}): HookHandle {
    return this.#add(this.#hooks, hook, options)
  }

  /**
   * Calls `hook` whenever gradients have passed back through a forward of this module that comes after, with those of
   * the arguments and of the outputs (of tensors that are arguments themselves, or outputs in one array).
   */
  registerFullBackwardHook(hook: FullBackwardHook, options: HookOptions = {}): HookHandle {
    return this.#add(this.#backwardHooks, hook, options)
  }

  /** Names and values among which parameters, buffers and modules are looked for; default: the fields. */
  protected members(): Members {
    return Object.entries(this)
  }

  /**
   * Adds a parameter under a name, as a field of that name would. With null the name is kept free for one.
   *
   * @throws NABLA_INVALID_ARGUMENT when the name is empty, has a dot, or is that of something else
   */
  registerParameter(name: string, parameter: Parameter | null): void {
    this.#register(name, parameter, Parameter)
  }

  /**
   * Adds a buffer under a name, as a field of that name would.
   *
   * @throws NABLA_INVALID_ARGUMENT when the name is empty, has a dot, or is that of something else
   */
  registerBuffer(name: string, buffer: Buffer | null): void {
    this.#register(name, buffer, Buffer)
  }

  #register(name: string, value: unknown, type: typeof Parameter | typeof Buffer): void {
    const present = Reflect.get(this, name)
    const free = present === undefined || present === null || present instanceof type
    if (!free || name === "" || name.includes(".")) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: free ? "this is no name" : "the name is taken",
        where: this.constructor.name,
        expected: free ? "a name without dots" : "a free name",
        got: name === "" ? "an empty one" : name,
      })
    }
    Reflect.set(this, name, value)
  }

  /** What this module itself holds, in the order of its fields. */
  #own<T>(type: abstract new (...args: never[]) => T): Named<T>[] {
    const found: Named<T>[] = []
    for (const [name, value] of this.members()) collect(name, value, type, found)
    return found
  }

  /** The modules directly inside this one, with their names; a module in two places has the name of the first. */
  namedChildren(): Named<AnyModule>[] {
    return unique(this.#own(AnyModule))
  }

  children(): AnyModule[] {
    return this.namedChildren().map(([, module]) => module)
  }

  /** This module (under the name "") and all modules within, each once, with their paths. */
  namedModules(): Named<AnyModule>[] {
    const found: Named<AnyModule>[] = []
    const seen = new Set<AnyModule>()
    const visit = (path: string, module: AnyModule): void => {
      if (seen.has(module)) return
      seen.add(module)
      found.push([path, module])
      for (const [name, child] of module.#own(AnyModule)) visit(joinPath(path, name), child)
    }
    visit("", this)
    return found
  }

  modules(): AnyModule[] {
    return this.namedModules().map(([, module]) => module)
  }

  /** All parameters with their paths, each once. */
  namedParameters(): Named<Parameter>[] {
    return unique(this.#all(Parameter))
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter)
  }

  /** All buffers with their paths, each once. */
  namedBuffers(): Named<Buffer>[] {
    return unique(this.#all(Buffer))
  }

  buffers(): Buffer[] {
    return this.namedBuffers().map(([, buffer]) => buffer)
  }

  #all<T>(type: abstract new (...args: never[]) => T): Named<T>[] {
    return this.namedModules().flatMap(([path, module]) =>
      module.#own(type).map(([name, value]) => [joinPath(path, name), value] as const),
    )
  }

  /** Puts this module and all modules within into training mode (or evaluation mode). */
  train(on = true): this {
    for (const module of this.modules()) module.training = on
    return this
  }

  /** Puts this module and all modules within into evaluation mode. */
  eval(): this {
    return this.train(false)
  }

  /** Calls `f` for this module and all modules within, the innermost first. */
  apply(f: (module: AnyModule) => void): this {
    for (const module of this.modules().reverse()) f(module)
    return this
  }

  /** Freezes the parameters (`false`), or makes them learn again. */
  requiresGrad_(on = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = on
    return this
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null
  }

  /** Converts all floating parameters and buffers to a type. */
  to(dtype: DType): this {
    for (const tensor of [...this.parameters(), ...this.buffers()]) {
      if (isFloating(tensor.dtype) && tensor.dtype !== dtype) assign(tensor, tensor.to(dtype))
    }
    return this
  }

  /**
   * Parameters and persistent buffers by their paths, which are PyTorch's keys. They are the model's own tensors: they
   * change as it trains.
   */
  stateDict(): StateDict {
    const state: StateDict = {}
    const visit = (path: string, module: AnyModule): void => {
      for (const [name, value] of module.#own(Parameter)) state[joinPath(path, name)] = value
      for (const [name, value] of module.#own(Buffer))
        if (value.persistent) state[joinPath(path, name)] = value
      for (const [name, child] of module.#own(AnyModule)) visit(joinPath(path, name), child)
    }
    visit("", this)
    return state
  }

  /**
   * Copies values into the parameters and buffers, which keep their type. Nothing is changed when something is wrong.
   *
   * @param options.strict whether keys must be the same on both sides (default); otherwise what is on one side only is
   *   left alone and reported
   * @throws NABLA_STATE_DICT with all missing, unexpected and misshapen keys
   */
  loadStateDict(state: Readonly<StateDict>, options: { readonly strict?: boolean } = {}): KeyReport {
    return loadState(this.constructor.name, this.stateDict(), state, options.strict ?? true)
  }
}

/**
 * A part of a network: a function with parameters. A class of one's own extends it, puts parameters and further modules
 * into fields, and defines `forward`:
 *
 *     class Net extends nn.Module {
 *       hidden = nn.linear(2, 16)
 *       out = nn.linear(16, 2)
 *       forward(x: Tensor): Tensor {
 *         return this.out.forward(this.hidden.forward(x).tanh())
 *       }
 *     }
 *
 * Parameters, buffers and modules are found in the fields, also in arrays and plain objects there; private `#fields`
 * are not seen. A name is the path of fields, as in PyTorch: `hidden.weight`, `layers.0.bias`.
 *
 * @typeParam Args what forward takes; default: one tensor
 * @typeParam Output what forward gives; default: one tensor
 */
export abstract class Module<
  Args extends readonly unknown[] = readonly [Tensor],
  Output = Tensor,
> extends AnyModule {
  /** What the module computes. */
  abstract forward(...args: Args): Output
}

type Forward = (...args: readonly unknown[]) => unknown

function withoutForward(module: AnyModule): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the module has no forward",
    where: module.constructor.name,
    expected: "a class that defines the method forward",
    got: "none when the module was made",
  })
}

/** Adds to `found` the values of a type in a field, in an array, or in a plain object. */
function collect<T>(
  name: string,
  value: unknown,
  type: abstract new (...args: never[]) => T,
  found: Named<T>[],
): void {
  if (value === null || typeof value !== "object") return
  if (value instanceof type) found.push([name, value])
  else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) collect(`${name}.${i}`, value[i], type, found)
  } else if (Object.getPrototypeOf(value) === Object.prototype)
    for (const [key, item] of Object.entries(value)) collect(`${name}.${key}`, item, type, found)
}

/** Each value once, under its first name. */
function unique<T>(named: readonly Named<T>[]): Named<T>[] {
  const seen = new Set<T>()
  return named.filter(([, value]) => !seen.has(value) && seen.add(value))
}
