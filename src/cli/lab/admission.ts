import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { Refusal } from "./refusal.ts"

/**
 * Lets in only pages that this server itself has served. A name that an attacker's page resolves to 127.0.0.1 is in its
 * Host, another page's address in its Origin.
 *
 * @throws Refusal
 */
export function admit({ headers }: IncomingMessage, port: number): void {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (headers.host === undefined || !hosts.includes(headers.host)) throw new Refusal(403, "wrong Host")
  const { origin } = headers
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`))
    throw new Refusal(403, "foreign Origin")
}

/** Data are for the Lab's own page: neither another site's picture nor a link from one may ask for them. */
export function admitToData({ headers }: IncomingMessage): void {
  const site = headers["sec-fetch-site"]
  if (site !== undefined && site !== "same-origin" && site !== "none")
    throw new Refusal(403, "asked from another site")
}

/** @throws Refusal unless the request carries the token that was printed with the address */
export function admitToChanges({ headers }: IncomingMessage, token: string): void {
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1]
  if (given === undefined) throw new Refusal(401, "a change needs the token of the printed address")
  // Digests are of one length, and comparing them takes the same time wherever they differ.
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest()
  if (!timingSafeEqual(digest(given), digest(token))) throw new Refusal(403, "wrong token")
}
