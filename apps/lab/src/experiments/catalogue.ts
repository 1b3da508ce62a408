import type { Component } from "svelte"
import type { Controls } from "./controls.ts"
import type { Experiment, Meta } from "./experiment.ts"

export interface Entry extends Meta {
  /** The name of its folder, and its address. */
  readonly slug: string
  load(): Promise<Loaded>
}

export interface Loaded {
  readonly experiment: Experiment<Controls, unknown>
  /** `change` sets controls from the picture, where something in it can be dragged. */
  readonly View: Component<{
    view: unknown
    values: Record<string, unknown>
    change: (some: Record<string, number | string | boolean>) => void
  }>
}

const metas = import.meta.glob<Meta>("./*/meta.ts", { eager: true, import: "meta" })
const experiments = import.meta.glob<Experiment<Controls, unknown>>("./*/experiment.ts", {
  import: "experiment",
})
const views = import.meta.glob<Loaded["View"]>("./*/View.svelte", { import: "default" })

/** Every folder with a `meta.ts`, in the order of the course. */
export const catalogue: readonly Entry[] = Object.entries(metas)
  .map(([path, meta]): Entry => {
    const folder = path.slice(0, path.lastIndexOf("/"))
    return {
      ...meta,
      slug: folder.slice(2),
      load: async () => {
        const [experiment, View] = await Promise.all([
          experiments[`${folder}/experiment.ts`]!(),
          views[`${folder}/View.svelte`]!(),
        ])
        return { experiment, View }
      },
    }
  })
  .sort((a, b) => a.number - b.number)
