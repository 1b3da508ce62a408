import type { Component } from "svelte"
import type { Route } from "./route.ts"

export interface Page {
  readonly slug: string
  readonly title: string
  /** Reached from elsewhere, so that it stands in no menu. */
  readonly hidden?: boolean
  load(): Promise<{ default: Component<{ route: Route }> }>
}

/** What there is besides the experiments. */
export const pages: readonly Page[] = [
  { slug: "runs", title: "Runs", load: () => import("../runs/RunsPage.svelte") },
  { slug: "code", title: "Code", load: () => import("../code/CodePage.svelte") },
  { slug: "playground", title: "Playground", load: () => import("../playground/Playground.svelte") },
  { slug: "course", title: "Course", load: () => import("./Course.svelte") },
  { slug: "summary", title: "Summary", hidden: true, load: () => import("./Summary.svelte") },
]
