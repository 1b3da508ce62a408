const setting = /\s*([A-Za-z]\w*)\s*=\s*(\[[^\]]*\]|[^,[\]]+)\s*(?:,|$)/y

/** Reads settings as in `momentum=0.9, betas=[0.8, 0.99]`. */
export function parseSettings(text: string): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (let at = 0; text.slice(at).trim() !== ""; at = setting.lastIndex) {
    setting.lastIndex = at
    const match = setting.exec(text)
    if (match === null)
      throw new Error(
        `“${text.slice(at).trim()}” is no setting: write name=value, with commas between, as in momentum=0.9, nesterov=true`,
      )
    found[match[1]!] = settingOf(match[2]!.trim())
  }
  return found
}

function settingOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The same settings as they stand in a script; nothing for text that is none. */
export function scriptSettings(text: string): string {
  try {
    return Object.entries(parseSettings(text))
      .map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`)
      .join("")
  } catch {
    return ""
  }
}
