import type { Capabilities } from "../../base/index.ts"

/**
 * What keeps the device from being faster, for people.
 *
 * @param trouble why there are fewer threads than there could be
 */
export function limitsOf(capabilities: Capabilities, threads: number, trouble: string | null): string[] {
  const found: string[] = []
  if (capabilities.vectorBytes === 0) found.push("no SIMD: this engine is too old for it")
  else if (!capabilities.fusedMultiplyAdd)
    found.push(
      "no fused multiply-add: this engine lacks relaxed SIMD, newer ones have it (Node from version 22 on)",
    )
  if (threads === 1) found.push(`one thread: ${trouble ?? "no more were asked for"}`)
  else if (trouble !== null) found.push(`fewer threads than asked for: ${trouble}`)
  return found
}
