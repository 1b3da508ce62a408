import { pullback, pushforward, vectorize } from "../../autodiff/index.ts"
import { isFloating, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import { makeNode, placeholderNode } from "../../graph/index.ts"
import type { Primitive } from "../../ops/index.ts"
import { constantLike, withBatch } from "../../ops/index.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { flattenTree } from "../tree.ts"
import type { AnyFunction } from "./trace.ts"
import { trace } from "./trace.ts"

/** Rules on nodes: how derivatives pass from the inputs to the value and back. */
interface NodeRule {
  readonly id: number
  jvp(inputs: readonly Node[], tangents: readonly (Node | null)[]): Node | null
  vjp(inputs: readonly Node[], cotangent: Node): readonly (Node | null)[]
}

let ruleCount = 0

/**
 * A value with a derivative of its own. Inputs: the value as computed, then what it is a function of. The value is
 * passed on; derivatives follow the rule and never look at how it was computed.
 */
const customOp: Primitive<{ readonly rule: NodeRule }> = {
  name: "custom",
  key: ({ rule }) => String(rule.id),
  shape: ([value]) => value!,
  jvp: (tangents, node, { rule }) => rule.jvp(node.inputs.slice(1), tangents.slice(1)),
  vjp: (cotangent, node, { rule }) => [null, ...rule.vjp(node.inputs.slice(1), cotangent)],
  vmap: (inputs, batched, size, { rule }) => {
    const whole = inputs.map((input, i) => withBatch(input, batched[i]!, size))
    return makeNode(customOp, whole, { rule: batchedRule(rule, size) })
  },
  lower: { kind: "view", index: (index) => [...index] },
}

/** A rule for one example as a rule for a batch of them. */
function batchedRule(rule: NodeRule, size: number): NodeRule {
  const stand = (node: Node): Node => placeholderNode(node.shape.slice(1), node.aval.dtype)
  return {
    id: ruleCount++,
    jvp: (inputs, tangents) => {
      const given = tangents.map((t, i) => t ?? constantLike(inputs[i]!, 0))
      const stands = [...inputs, ...given].map(stand)
      const out = rule.jvp(stands.slice(0, inputs.length), stands.slice(inputs.length))
      return out === null ? null : vectorize([out], stands, [...inputs, ...given], size)[0]!
    },
    vjp: (inputs, cotangent) => {
      const stands = [...inputs, cotangent].map(stand)
      const parts = rule.vjp(stands.slice(0, -1), stands.at(-1)!)
      const outputs = parts.map((part, i) => part ?? constantLike(stands[i]!, 0))
      return vectorize(outputs, stands, [...inputs, cotangent], size)
    },
  }
}

function attach(value: Node, inputs: readonly Node[], rule: NodeRule): Node {
  return makeNode(customOp, [value, ...inputs], { rule })
}

export interface CustomRules {
  /** Computes the value from the inputs. */
  forward(...inputs: Tensor[]): Tensor
  /** Cotangents of the inputs (null: zero) from that of the value; needed for reverse mode. */
  vjp?(inputs: readonly Tensor[], output: Tensor, cotangent: Tensor): readonly (Tensor | null)[]
  /** Tangent of the value from those of the inputs (zeros where there is none); needed for forward mode. */
  jvp?(inputs: readonly Tensor[], output: Tensor, tangents: readonly Tensor[]): Tensor
}

/**
 * A function with derivatives of your own making. The rules are written with tensor functions, so that they can be
 * differentiated in turn.
 *
 *     const clipped = customFunction({
 *       forward: (x) => x.clamp({ min: -1, max: 1 }),
 *       vjp: (_, __, cotangent) => [cotangent],       // straight through
 *     })
 *
 * @throws NABLA_NOT_DIFFERENTIABLE when a mode is used whose rule is missing
 */
export function customFunction(rules: CustomRules): (...inputs: Tensor[]) => Tensor {
  // One rule for all calls: the number of a rule is part of the form of a graph, and plans are kept by form.
  const rule = userRule(rules)
  return (...inputs) => applyRule(rules, rule, inputs)
}

function applyRule(rules: CustomRules, rule: NodeRule, inputs: readonly Tensor[]): Tensor {
  const nodes = inputs.map((input) => input.node)
  return wrap(attach(rules.forward(...inputs).node, nodes, rule))
}

function userRule(rules: CustomRules): NodeRule {
  const output = (inputs: readonly Tensor[]): Tensor => applyRule(rules, rule, inputs)
  const missing = (mode: string, rule: string): NablaError =>
    new NablaError("NABLA_NOT_DIFFERENTIABLE", {
      message: `the function has no rule for ${mode} mode`,
      where: "customFunction",
      expected: `a ${rule} rule`,
      got: "none",
    })
  const rule: NodeRule = {
    id: ruleCount++,
    jvp: (nodes, tangents) => {
      if (rules.jvp === undefined) throw missing("forward", "jvp")
      const inputs = nodes.map(wrap)
      const given = tangents.map((t, i) => wrap(t ?? constantLike(nodes[i]!, 0)))
      return rules.jvp(inputs, output(inputs), given).node
    },
    vjp: (nodes, cotangent) => {
      if (rules.vjp === undefined) throw missing("reverse", "vjp")
      const inputs = nodes.map(wrap)
      return rules.vjp(inputs, output(inputs), wrap(cotangent)).map((part) => part?.node ?? null)
    },
  }
  return rule
}

/**
 * Calls f, but remembers only its arguments: the backward pass computes f again instead of keeping what it computed
 * (Chen et al. 2016, arXiv:1604.06174v2). Memory falls to that of the arguments, at the cost of a second forward pass.
 */
export function checkpoint<F extends AnyFunction>(f: F): F {
  const wrapped = (...args: unknown[]): unknown => {
    const run = trace(f, args)
    const { leaves } = flattenTree(args)
    const inputs = leaves.map((leaf) => leaf.node)
    const outputs = run.outputs.map((value, at) =>
      wrap(attach(value, inputs, recomputing(f, run.rebuildArguments, at))),
    )
    return run.rebuildResult(outputs)
  }
  return wrapped as F
}

/** The rule that runs f anew for each derivative. */
function recomputing(
  f: AnyFunction,
  rebuild: (leaves: readonly Tensor[]) => unknown[],
  at: number,
): NodeRule {
  const again = (inputs: readonly Node[]): ReturnType<typeof trace> => trace(f, rebuild(inputs.map(wrap)))
  return {
    id: ruleCount++,
    jvp: (inputs, tangents) => {
      const run = again(inputs)
      const moving = run.inputs.flatMap((input, i) => (tangents[i] === null ? [] : [input]))
      return pushforward(
        [run.outputs[at]!],
        moving,
        tangents.filter((t) => t !== null),
      )[0]!
    },
    vjp: (inputs, cotangent) => {
      const run = again(inputs)
      const parts = pullback([run.outputs[at]!], [cotangent], run.inputs)
      return parts.map((part, i) => (isFloating(inputs[i]!.aval.dtype) ? part : null))
    },
  }
}

type Hook = (gradient: Tensor) => Tensor | undefined

/** One rule for each hook, so that graphs that a loop makes anew with the same hooks have one form. */
const hookRules = new WeakMap<Hook, NodeRule>()

function hookRule(hook: Hook): NodeRule {
  let rule = hookRules.get(hook)
  if (rule === undefined) {
    rule = {
      id: ruleCount++,
      jvp: (_, [tangent]) => tangent!,
      vjp: (_, cotangent) => [hook(wrap(cotangent))?.node ?? cotangent],
    }
    hookRules.set(hook, rule)
  }
  return rule
}

/** A node like `t` that shows its cotangent to `hook` on the way back; what the hook returns replaces it. */
export function hooked(t: Tensor, hook: Hook): Node {
  return attach(t.node, [t.node], hookRule(hook))
}
