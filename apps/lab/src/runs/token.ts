const KEY = "nabla-lab-token"

/** The token of the printed address. It is taken out of the address, so that no link carries it on. */
function takeToken(): string | null {
  const query = new URLSearchParams(location.search)
  const given = query.get("token")
  try {
    if (given === null) return sessionStorage.getItem(KEY)
    sessionStorage.setItem(KEY, given)
  } catch {
    // Forbidden: it lasts as long as the page.
  }
  query.delete("token")
  const rest = query.toString()
  history.replaceState(null, "", `${location.pathname}${rest === "" ? "" : `?${rest}`}${location.hash}`)
  return given
}

export const token = takeToken()
