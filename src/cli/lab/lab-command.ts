import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Command } from "commander"
import { NablaError } from "../../base/index.ts"
import { exitCodes } from "../terminal/exit-codes.ts"
import { notEmpty, number } from "../terminal/option-values.ts"
import { openOnDesktop } from "./desktop.ts"
import { labServer } from "./lab-server.ts"

interface LabOptions {
  readonly out: string
  readonly port?: number
  readonly pages?: string
  readonly open: boolean
}

/** Where the Lab is looked for first: what a browser keeps for it stays with this address. */
const PORT = 4780
const LOOPBACK = "127.0.0.1"

const help = `
The address holds a token that is new each time: only who has it can change a run. Runs of --out are listed on the page
"Runs"; one that is being written is followed as it grows. The rate of a run with --schedule graduate-student can be set there.

Examples:
  $ nabla lab
  $ nabla lab --out experiments/runs --port 8000 --no-open`

/** `nabla lab`: serves the Lab to this machine until Ctrl-C. */
export function addLabCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("lab")
    .summary("open the Lab: experiments, a playground, and your runs, in the browser")
    .description(
      "Serves the Lab on this machine alone, prints its address, and opens it where there is a desktop.",
    )
    .option("--out <dir>", "folder that holds the folders of runs", notEmpty("--out"), "runs")
    .option(
      "--port <n>",
      `port to listen on, 0 for any that is free (default: ${PORT}, or a free one)`,
      number("--port", { whole: true, min: 0, below: 65536 }),
    )
    .option("--pages <dir>", "folder of a built Lab (default: the one of this package)", notEmpty("--pages"))
    .option("--no-open", "do not open a browser")
    .addHelpText("after", help)
    .action(async (options: LabOptions) => done(await serve(options)))
}

async function serve({ out, port, pages, open }: LabOptions): Promise<number> {
  const token = randomBytes(24).toString("base64url")
  const server = labServer({ pages: pages === undefined ? ownLab() : builtLab(pages), runs: out, token })
  await listen(server, port)
  const address = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/?token=${token}`
  process.stdout.write(`nabla Lab: ${address}\nruns of ${out}; Ctrl-C ends it\n`)
  if (open) openOnDesktop(address)
  return ended(server)
}

/** The built Lab in the package that this file belongs to. */
function ownLab(): string {
  let root = dirname(fileURLToPath(import.meta.url))
  while (!isPackage(root) && dirname(root) !== root) root = dirname(root)
  return builtLab(join(root, "apps/lab/dist"))
}

function builtLab(folder: string): string {
  if (existsSync(join(folder, "index.html"))) return folder
  throw new NablaError("NABLA_FILE_NOT_FOUND", {
    message: "the Lab has not been built",
    expected: "index.html",
    where: folder,
    hint: "in a checkout of nabla run `npm run lab:build`, or `npm run lab`, which does both; else install nabla again",
  })
}

function isPackage(folder: string): boolean {
  try {
    return (
      (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: unknown }).name === "nabla"
    )
  } catch {
    return false
  }
}

/** @param port undefined: the usual one, or any when that is taken */
async function listen(server: Server, port: number | undefined): Promise<void> {
  try {
    await once(server.listen(port ?? PORT, LOOPBACK), "listening")
  } catch (cause) {
    const taken = (cause as NodeJS.ErrnoException).code === "EADDRINUSE"
    if (taken && port === undefined) return void (await once(server.listen(0, LOOPBACK), "listening"))
    throw new NablaError("NABLA_INVALID_OPTION", {
      message: `the port cannot be listened on: ${(cause as Error).message}`,
      expected: "a free port",
      got: String(port ?? PORT),
      where: "--port",
      cause,
    })
  }
}

/** Waits for Ctrl-C or SIGTERM, and lets nobody hold the process. */
function ended(server: Server): Promise<number> {
  return new Promise((resolve) => {
    const end = (): void => {
      server.close(() => resolve(exitCodes.ok))
      server.closeAllConnections()
    }
    process.once("SIGINT", end)
    process.once("SIGTERM", end)
  })
}
