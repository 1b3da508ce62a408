import { existsSync } from "node:fs"

/** Where Chromium may be: named by the environment, installed by the system, or downloaded by Playwright. */
export async function findChromium() {
  const places = [
    process.env.NABLA_CHROMIUM,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    await ofPlaywright(),
  ]
  return places.find((place) => place && existsSync(place)) ?? null
}

async function ofPlaywright() {
  try {
    const { chromium } = await import("@playwright/test")
    return chromium.executablePath()
  } catch {
    // Not installed, or without a browser for this system.
    return undefined
  }
}
