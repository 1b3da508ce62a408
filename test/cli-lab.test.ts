import type { ChildProcess } from "node:child_process"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { CommandLine, ended } from "./cli-harness.ts"

const nabla = new CommandLine()
beforeAll(() => nabla.build())
afterAll(() => nabla.remove())

const page = (): string =>
  nabla.files("pages", { "index.html": new TextEncoder().encode("<title>Lab</title>") })

/** The address that it prints. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) =>
    child.stdout!.on("data", (data: Buffer) => {
      const [found] = /http:\S+/.exec(String(data)) ?? []
      if (found !== undefined) resolve(found)
    }),
  )
}

describe("nabla lab", () => {
  test("serves the Lab on loopback, prints the address with a new token, and ends on a signal", async () => {
    const child = nabla.start("lab", "--pages", page(), "--port", "0", "--no-open")
    const address = await addressOf(child)
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/)
    const answer = await fetch(address)
    expect([answer.status, await answer.text()]).toEqual([200, "<title>Lab</title>"])
    expect(await (await fetch(new URL("/api/runs", address))).json()).toEqual({ runs: [] })
    const second = nabla.run("lab", "--pages", page(), "--port", new URL(address).port, "--no-open")
    expect(await second).toMatchObject({ code: 2, err: expect.stringContaining("EADDRINUSE") })
    const end = ended(child)
    child.kill("SIGTERM")
    expect((await end).code).toBe(0)
  })

  test("says how to build the Lab where there is none", async () => {
    const { code, err } = await nabla.run("lab", "--pages", nabla.path("none"), "--no-open")
    expect(code).toBe(1)
    expect(err).toContain("the Lab has not been built [NABLA_FILE_NOT_FOUND]")
    expect(err).toContain("npm run lab:build")
  })
})
