import { cpus, totalmem } from "node:os"
import { version } from "../base/index.ts"
import { defaultGenerator, deviceInfo } from "../tensor/index.ts"
import { gitCommit } from "./git-commit.ts"

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
    seed: seedOf(defaultGenerator.state.key),
    folder: process.cwd(),
    commit: gitCommit(process.cwd()),
  }
}

/** The number that manualSeed was given, from the two halves that a generator keeps. */
function seedOf([low, high]: readonly [number, number]): number {
  return (low >>> 0) + (high >>> 0) * 2 ** 32
}
