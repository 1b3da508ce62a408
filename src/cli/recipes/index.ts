export {
  chooseRecipe,
  describeRecipe,
  findRecipe,
  recipeFrom,
  recipeOptions,
  recipes,
  trainingDefaults,
} from "./all.ts"
export { languageModel } from "./language.ts"
export type { Job, ModelOptions, Recipe, TrainingDefaults } from "./recipe.ts"
