/** Counts units that were dead in each of the last observations: one step says little about a unit. */
export class DeadUnits {
  private readonly window: number
  /** By layer: for how many observations in a row each unit has been dead. */
  private readonly streaks = new Map<string, number[]>()

  constructor(window: number) {
    this.window = window
  }

  /**
   * @param layers active shares of the units of each layer at one step
   * @returns by layer the units that were dead in all observations of the window; none before it is full
   */
  add(layers: readonly { readonly name: string; readonly shares: readonly number[] }[]): Map<string, number> {
    return new Map(
      layers.map(({ name, shares }) => {
        const former = this.streaks.get(name) ?? []
        const streaks = shares.map((share, i) => (share === 0 ? (former[i] ?? 0) + 1 : 0))
        this.streaks.set(name, streaks)
        return [name, streaks.filter((streak) => streak >= this.window).length] as const
      }),
    )
  }
}
