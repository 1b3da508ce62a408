import { storage } from "./storage.svelte.ts"

/** How far a visitor has come with one experiment. */
export interface Step {
  /** What was predicted; null when the visitor asked to be shown. */
  readonly prediction: string | null
  /** Whether the prediction came out; absent while it is not decided. */
  readonly right?: boolean
}

const KEY = "progress-1"

function parse(text: string | null): Record<string, Step> {
  try {
    const value: unknown = JSON.parse(text ?? "{}")
    if (typeof value !== "object" || value === null) return {}
    return Object.fromEntries(
      Object.entries(value).flatMap(([slug, step]: [string, Partial<Step> | null]) => {
        const prediction = step?.prediction
        if (prediction !== null && typeof prediction !== "string") return []
        return [[slug, { prediction, ...(typeof step?.right === "boolean" ? { right: step.right } : {}) }]]
      }),
    )
  } catch {
    // Not ours, or cut short: begin anew.
    return {}
  }
}

class Progress {
  steps = $state.raw<Readonly<Record<string, Step>>>(parse(storage.read(KEY)))

  set(slug: string, step: Step): void {
    const known = this.steps[slug]
    if (known !== undefined && known.prediction === step.prediction && known.right === step.right) return
    this.steps = { ...this.steps, [slug]: step }
    storage.write(KEY, JSON.stringify(this.steps))
  }

  forget(): void {
    this.steps = {}
    storage.write(KEY, "{}")
  }
}

export const progress = new Progress()
