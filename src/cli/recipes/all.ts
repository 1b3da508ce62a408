import { NablaError } from "../../base/index.ts"
import { cnn } from "./cnn.ts"
import { linear } from "./linear.ts"
import { mlp } from "./mlp.ts"
import type { Recipe } from "./recipe.ts"

export const recipes: readonly Recipe[] = [cnn, mlp, linear]

/** @throws NABLA_UNKNOWN_RECIPE */
export function findRecipe(name: string): Recipe {
  const found = recipes.find((recipe) => recipe.name === name)
  if (found !== undefined) return found
  throw new NablaError("NABLA_UNKNOWN_RECIPE", {
    message: "there is no such recipe",
    expected: recipes.map((recipe) => recipe.name).join(" | "),
    got: name,
    where: "--recipe",
  })
}
