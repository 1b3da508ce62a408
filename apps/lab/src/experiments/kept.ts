/**
 * What was computed last, by what it depends on: so that a change of one control does not compute anew what does not
 * depend on it. What is begun twice at once is computed once.
 */
export class Kept {
  private readonly results = new Map<string, Promise<unknown>>()
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  has(key: readonly unknown[]): boolean {
    return this.results.has(JSON.stringify(key))
  }

  once<T>(key: readonly unknown[], make: () => Promise<T>): Promise<T> {
    const name = JSON.stringify(key)
    const known = this.results.get(name) as Promise<T> | undefined
    // The latest are kept: what is asked for again goes to the end.
    this.results.delete(name)
    const result = known ?? make()
    this.results.set(name, result)
    if (known === undefined) {
      result.catch(() => this.results.delete(name))
      if (this.results.size > this.most) this.results.delete(this.results.keys().next().value!)
    }
    return result
  }
}
