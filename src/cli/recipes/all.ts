import { NablaError } from "../../base/index.ts"
import { invalidOption } from "../terminal/option-values.ts"
import type { Specification } from "../terminal/specification.ts"
import { describeOptions, specification } from "../terminal/specification.ts"
import type { DataKind } from "../train/data-source.ts"
import { ntm } from "./algorithms.ts"
import { cnn, linear, mlp } from "./classifiers.ts"
import { charRNN, gpt } from "./language.ts"
import type { ModelOptions, Recipe, TrainingDefaults } from "./recipe.ts"
import { autoencoder, gan, unet, vae } from "./unsupervised.ts"
import { visionRecipes } from "./vision.ts"

export const recipes: readonly Recipe[] = [
  cnn,
  mlp,
  linear,
  ...visionRecipes,
  unet,
  autoencoder,
  vae,
  gan,
  charRNN,
  gpt,
  ntm,
]

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

/** The recipe for data when none is asked for. */
export function chooseRecipe(kind: DataKind): Recipe {
  return { images: cnn, points: mlp, text: gpt, sequences: ntm }[kind]
}

/**
 * How a recipe is trained on data of a kind.
 *
 * @throws NABLA_DATA_MISMATCH when it takes no such data
 */
export function trainingDefaults(recipe: Recipe, kind: DataKind): TrainingDefaults {
  const found = recipe.defaults[kind]
  if (found !== undefined) return found
  throw new NablaError("NABLA_DATA_MISMATCH", {
    message: `the recipe ${recipe.name} takes no ${kind}`,
    expected: Object.keys(recipe.defaults).join(" | "),
    got: kind,
    where: "--data",
    hint: `give --data something else, or use --recipe ${chooseRecipe(kind).name}`,
  })
}

/** Reads `NAME:option=value,…`, and refuses names and options that there are not. */
export function recipeFrom(option: string): (text: string) => Specification {
  const read = specification(option)
  return (text) => {
    const asked = read(text)
    recipeOptions(findRecipe(asked.name), asked)
    return asked
  }
}

/**
 * All options of a recipe, with those that were asked for.
 *
 * @throws NABLA_INVALID_OPTION for an option that the recipe does not have
 */
export function recipeOptions(recipe: Recipe, asked: Specification | undefined): ModelOptions {
  const options = asked?.options ?? {}
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(recipe.options, name))
  if (unknown.length === 0) return { ...recipe.options, ...options }
  const known = Object.keys(recipe.options).join(", ")
  throw invalidOption("--recipe", known === "" ? `${recipe.name} without options` : known, unknown.join(", "))
}

/** A recipe's lines in a help text. */
export function describeRecipe({ name, summary, options }: Recipe): string {
  const known = describeOptions(options)
  const head = `  ${name.padEnd(12)}${summary}`
  return known === "" ? head : `${head}\n${" ".repeat(14)}${known}`
}
