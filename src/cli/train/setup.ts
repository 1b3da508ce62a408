import type { Optimizer } from "../../optim/index.ts"
import type { Job, ModelOptions, Recipe } from "../recipes/index.ts"
import type { TrainingData } from "./data-source.ts"
import type { TrainingSchedule } from "./schedules.ts"
import type { TrainOptions, TrainSettings } from "./train-settings.ts"

/** What a run consists of, once data are loaded and everything is decided. */
export interface Setup {
  readonly options: TrainOptions
  readonly settings: TrainSettings
  readonly source: string
  readonly data: TrainingData
  readonly recipe: Recipe
  readonly modelOptions: ModelOptions
  readonly job: Job
  readonly optimizer: Optimizer
  readonly plan: TrainingSchedule
}
