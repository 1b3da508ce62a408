// The front door of src/train for programs on Node: what keeps runs on disk.

import "../tensor/node.ts"

export type {
  LoadCheckpointOptions,
  LoadedCheckpoint,
  SaveCheckpointOptions,
  SkippedCheckpoint,
} from "./checkpoint-folder.ts"
export { listCheckpoints, loadCheckpoint, saveCheckpoint } from "./checkpoint-folder.ts"
export type { CheckpointOptions } from "./checkpoint-keeper.ts"
export { CheckpointFolder } from "./checkpoint-keeper.ts"
export { writeFileWhole } from "./files.ts"
export type { MetricsRecord } from "./metrics-records.ts"
export type { NewRunOptions, RecorderOptions, ResumeOptions } from "./recorder.ts"
export { RunRecorder } from "./recorder.ts"
export type { ResumedRun, Run, RunStatus } from "./runs.ts"
export { listRuns, loadRun, resumeRun } from "./runs.ts"
export type { TensorBoardOptions } from "./tensorboard.ts"
export { TensorBoardRecorder } from "./tensorboard.ts"
