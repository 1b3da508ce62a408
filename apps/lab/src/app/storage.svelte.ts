/** What the Lab remembers in this browser. Storage may be full or forbidden: then the page says so, once, and goes on. */
const PREFIX = "nabla-lab-"

class Storage {
  /** Why something could not be kept; null while all is well. */
  problem = $state<string | null>(null)

  read(key: string): string | null {
    try {
      return localStorage.getItem(PREFIX + key)
    } catch {
      // Forbidden: as if nothing had been kept.
      return null
    }
  }

  /** Keeps a text; whether it could. */
  write(key: string, text: string): boolean {
    try {
      localStorage.setItem(PREFIX + key, text)
      this.problem = null
      return true
    } catch (error) {
      this.problem =
        error instanceof DOMException && error.name === "QuotaExceededError"
          ? "This browser's storage is full, so progress and settings last only as long as this page."
          : "This browser does not let the page store anything, so progress and settings last only as long as this page."
      return false
    }
  }

  /** Gives back all that the Lab has stored. */
  clear(): void {
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key)
    } catch {
      // Forbidden: there is nothing of ours.
    }
    this.problem = null
  }
}

export const storage = new Storage()
