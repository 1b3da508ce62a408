import type { UnseenText } from "../../data/index.ts"

/** Texts of a column that are named before the rest is counted. */
const NAMED = 3

/**
 * Says on the standard error output which texts the rows that were trained on did not have: the model takes them for missing
 * values, which nobody would see otherwise.
 */
export function tellUnseen(unseen: readonly UnseenText[]): void {
  const columns = new Map<string, Set<string>>()
  for (const { column, text } of unseen) columns.set(column, (columns.get(column) ?? new Set()).add(text))
  for (const [column, found] of columns) {
    const texts = [...found]
    const named = texts.slice(0, NAMED).map((text) => JSON.stringify(text.slice(0, 40)))
    const more = texts.length > NAMED ? ` and ${texts.length - NAMED} more` : ""
    process.stderr.write(
      `warning: ${column}: the training rows did not have ${named.join(", ")}${more}, taken as missing [NABLA_UNKNOWN_CATEGORY]\n`,
    )
  }
}
