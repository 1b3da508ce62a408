import type { Attrs, Op } from "../../graph/index.ts"
import { aliasOp } from "../../graph/index.ts"
import { elementwiseRules } from "./elementwise.ts"
import { indexingRules } from "./indexing.ts"
import { movementRules } from "./movement.ts"
import { patternRules } from "./patterns.ts"
import { productRules } from "./product.ts"
import { reductionRules } from "./reductions.ts"
import type { Rule } from "./rule.ts"
import { rule } from "./rule.ts"
import { windowRules } from "./windows.ts"

/** How each primitive is written in ONNX. What is not here cannot be. */
export const rules: ReadonlyMap<Op, Rule<Attrs>> = new Map([
  rule(aliasOp, (step, out) => out.value(step.inputs[0]!)),
  ...elementwiseRules,
  ...patternRules,
  ...movementRules,
  ...reductionRules,
  ...productRules,
  ...windowRules,
  ...indexingRules,
])
