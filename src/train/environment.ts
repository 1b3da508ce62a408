import { cpus, totalmem } from "node:os"
import { version } from "../base/index.ts"
import { deviceInfo } from "../tensor/index.ts"

/** What a run depends on besides its configuration: the machine and the versions. */
export function environment(): Record<string, unknown> {
  const processors = cpus()
  return {
    nabla: version,
    node: process.versions.node,
    v8: process.versions.v8,
    platform: process.platform,
    architecture: process.arch,
    processor: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    device: deviceInfo(),
  }
}
