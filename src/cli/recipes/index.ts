export { findRecipe, recipes } from "./all.ts"
export type { DataKind, Recipe, TrainingDefaults } from "./recipe.ts"
export { dataKind } from "./recipe.ts"
