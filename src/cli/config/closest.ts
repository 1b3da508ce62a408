/** The word that is nearest to another by changes of letters, if it is near at all. */
export function closest(word: string, words: readonly string[]): string | null {
  if (word.length > 64) return null
  let [best, least] = [null as string | null, Math.max(1, Math.floor(word.length / 2)) + 1]
  for (const known of words) {
    const changes = distance(word.toLowerCase(), known.toLowerCase())
    if (changes < least) [best, least] = [known, changes]
  }
  return best
}

/** Letters to put in, to leave out or to change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + same))
    }
    row = next
  }
  return row[b.length]!
}
