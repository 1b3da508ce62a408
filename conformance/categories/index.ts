/** The registry: a category is the name of a file without `.json`. */
import { runCurvature } from "./curvature.ts"
import { runExpression } from "./expressions.ts"
import { runFunctional } from "./functional.ts"
import { runInit } from "./init.ts"
import { runLayer } from "./layers.ts"
import { runModel } from "./models.ts"
import { runOptimizer } from "./optimizers.ts"
import type { CategoryRunner } from "./registry.ts"
import { runScheduler } from "./schedulers.ts"

const runners: Record<string, CategoryRunner> = {
  ops: runExpression,
  activations: runExpression,
  losses: runExpression,
  functional: runFunctional,
  curvature: runCurvature,
  layers: runLayer,
  optimizers: runOptimizer,
  schedulers: runScheduler,
  models: runModel,
  init: runInit,
}

export function runnerOf(category: string): CategoryRunner | undefined {
  return Object.hasOwn(runners, category) ? runners[category] : undefined
}
