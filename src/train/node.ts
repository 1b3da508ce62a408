// The front door of src/train for programs on Node: what keeps runs on disk.

import "../tensor/node.ts"

export { writeFileWhole } from "./files.ts"
export type { RecorderOptions } from "./recorder.ts"
export { RunRecorder } from "./recorder.ts"
