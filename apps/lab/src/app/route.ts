/** Links are `#/NAME?v=1&…`: a page, and its whole state. */
export const LINK_VERSION = 1

/** How a page is shown, besides its state: whoever makes a link for a lecture or an exercise sets it. */
export interface Presentation {
  /** Larger type, no prediction gate, keys for prepared states. */
  readonly lecture: boolean
  /** Controls and parts that are left out: names of controls, or `controls`, `prediction`, `text`, `code`. */
  readonly hide: readonly string[]
}

export interface Route {
  readonly page: string
  readonly query: URLSearchParams
  readonly presentation: Presentation
  /** What was odd about the link. */
  readonly warnings: readonly string[]
}

export function parseRoute(hash: string): Route {
  const text = ownForm(hash.replace(/^#\/?/, ""))
  const at = text.indexOf("?")
  const warnings: string[] = []
  const page = decode(at < 0 ? text : text.slice(0, at), warnings)
  const query = new URLSearchParams(at < 0 ? "" : text.slice(at + 1))
  const version = query.get("v")
  const presentation = {
    lecture: query.get("lecture") === "1",
    hide:
      query
        .get("hide")
        ?.split(",")
        .filter((name) => name !== "") ?? [],
  }
  for (const name of ["v", "lecture", "hide"]) query.delete(name)
  if (version !== null && Number(version) > LINK_VERSION) {
    warnings.push("The link was made by a newer Lab: what this one does not know is left out.")
  } else if (version !== null && version !== String(LINK_VERSION)) {
    warnings.push(`The link has the version “${version}”, which there never was.`)
  }
  return { page, query, presentation, warnings }
}

/** TensorFlow Playground's links are settings and nothing else: they open the Playground here. */
function ownForm(text: string): string {
  return /^\w+=/.test(text) ? `playground?${text}` : text
}

function decode(text: string, warnings: string[]): string {
  try {
    return decodeURIComponent(text)
  } catch {
    warnings.push("The link is damaged: a percent sign in it stands for nothing.")
    return text
  }
}

export function formatRoute(page: string, query: URLSearchParams, presentation?: Presentation): string {
  const full = new URLSearchParams(query)
  if (presentation?.lecture) full.set("lecture", "1")
  if (presentation !== undefined && presentation.hide.length > 0)
    full.set("hide", presentation.hide.join(","))
  const text = full.toString()
  return text === "" ? `#/${page}` : `#/${page}?v=${LINK_VERSION}&${text}`
}
