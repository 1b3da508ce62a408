export * from "./callbacks/index.ts"
export type {
  Checkpoint,
  CheckpointOrigin,
  RandomState,
  Stateful,
  StoredCheckpoint,
  TrainingPosition,
} from "./checkpoint.ts"
export { CHECKPOINT_VERSION, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts"
export type { NamedConfig, TrainConfig } from "./config.ts"
export { defineConfig } from "./config.ts"
export type { Batches, EvaluateOptions, StreamedBatches } from "./evaluate.ts"
export { evaluate } from "./evaluate.ts"
export type {
  EndEvent,
  EpochEvent,
  EvaluationEvent,
  FitListener,
  FitStatus,
  StartEvent,
  StepEvent,
  TrainingHandle,
} from "./events.ts"
export type { FitOptions, FitResult } from "./fit.ts"
export { fit } from "./fit.ts"
export type { CheckpointKeeper, CheckpointMoment } from "./fit-checkpoints.ts"
export type { GenerateOptions } from "./generate.ts"
export { generate } from "./generate.ts"
export type { LrRangeOptions, LrRangeResult } from "./lr-range-test.ts"
export { lrRangeTest } from "./lr-range-test.ts"
export * from "./metrics/index.ts"
export type { Steppable } from "./step.ts"
