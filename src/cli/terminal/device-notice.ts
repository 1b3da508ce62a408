import { defaultDevice, deviceInfo } from "../../tensor/index.ts"

/** What became of a training on the device `auto`, and what would make it faster; null on other devices. */
export function deviceNotice(): string | null {
  if (defaultDevice() !== "auto") return null
  const { description, limits } = deviceInfo()
  const obstacle = limits.find((limit) => limit.startsWith("no compiled code"))
  return `device auto: ${description}${obstacle === undefined ? "" : ` (${obstacle})`}`
}
