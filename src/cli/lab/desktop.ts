import { spawn } from "node:child_process"

/** Opens an address in the user's browser, where there is a desktop. Nothing depends on it. */
export function openOnDesktop(address: string): void {
  const [command, ...args] = opener(address)
  if (command === undefined) return
  const child = spawn(command, args, { stdio: "ignore", detached: true })
  // Without that program the printed address is there.
  child.on("error", () => {})
  child.unref()
}

function opener(address: string): string[] {
  if (process.platform === "darwin") return ["open", address]
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", address]
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  return DISPLAY || WAYLAND_DISPLAY ? ["xdg-open", address] : []
}
