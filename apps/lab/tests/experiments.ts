import { readdirSync } from "node:fs"
import type { Controls } from "../src/experiments/controls.ts"
import type { Experiment, Meta } from "../src/experiments/experiment.ts"

/** What the tests know of an experiment: what its folder says. */
export interface Found {
  readonly slug: string
  readonly meta: Meta
  readonly experiment: Experiment<Controls, unknown>
}

const folder = new URL("../src/experiments/", import.meta.url)

/** Every experiment there is, so that a new one is tested without a list to edit. */
export async function findExperiments(): Promise<Found[]> {
  const slugs = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
  return Promise.all(
    slugs.map(async (slug) => {
      const { meta } = (await import(`../src/experiments/${slug}/meta.ts`)) as { meta: Meta }
      const { experiment } = (await import(`../src/experiments/${slug}/experiment.ts`)) as Pick<
        Found,
        "experiment"
      >
      return { slug, meta, experiment }
    }),
  )
}
