import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { loadCheckpoint } from "../../src/train/node.ts"
import { CommandLine, ended } from "../cli-harness.ts"
import { compare } from "./kill.ts"

const nabla = new CommandLine()
beforeAll(() => nabla.build())
afterAll(() => nabla.remove())

const small = "--recipe mlp:dropout=0.2 --samples 200 --batch-size 20 --epochs 2 --checkpoint-every 3".split(
  " ",
)

/** A run that is stopped as by Ctrl-C once it has come to a checkpoint. */
async function stopped(out: string): Promise<string> {
  const run = join(nabla.path(out), "run")
  const child = nabla.start("train", ...small, "--epochs", "2000", "--out", nabla.path(out), "--name", "run")
  const end = ended(child)
  while (!existsSync(join(run, "checkpoints", "best.safetensors")))
    await new Promise((go) => setTimeout(go, 20))
  child.kill("SIGINT")
  await end
  return run
}

describe("nabla train --resume", () => {
  test("goes on from the last good checkpoint when the newest is torn, and says so", async () => {
    const out = nabla.path("torn")
    await nabla.run("train", ...small, "--out", out, "--name", "whole")
    await nabla.run("train", ...small, "--out", out, "--name", "run")
    const run = join(out, "run")
    // As if it had been killed at its end.
    const summary = join(run, "summary.json")
    writeFileSync(summary, readFileSync(summary, "utf8").replace("completed", "running"))
    const newest = readdirSync(join(run, "checkpoints")).sort().at(-1)!
    truncateSync(join(run, "checkpoints", newest), 5000)
    const { code, err } = await nabla.run("train", "--resume", "run", "--out", out)
    expect(err).toMatch(new RegExp(`${newest} is passed over: the checkpoint is damaged`))
    expect(err).toContain("goes on after step")
    expect(code).toBe(0)
    compare(run, join(out, "whole"), "the resumed run")
    const again = await nabla.run("train", "--resume", run)
    expect([again.code, again.err]).toEqual([0, `note: ${run} is complete: there is nothing left to do\n`])
  })

  test("refuses a run that another process trains, options of another training, and what is no run", async () => {
    const run = await stopped("locked")
    const first = nabla.start("train", "--resume", run)
    const end = ended(first)
    while (!existsSync(join(run, "lock"))) await new Promise((go) => setTimeout(go, 20))
    const second = await nabla.run("train", "--resume", run)
    first.kill("SIGINT")
    expect(second.err).toContain("[NABLA_RUN_LOCKED]")
    expect(second.code).toBe(1)
    await end
    for (const other of [
      ["--lr", "1"],
      ["--seed", "0"],
      ["--device", "reference"],
      ["--name", "another"],
    ]) {
      expect((await nabla.run("train", "--resume", run, ...other)).err).toContain("[NABLA_INVALID_OPTION]")
    }
    expect((await nabla.run("train", "--resume", "nowhere")).err).toContain("[NABLA_NO_CHECKPOINT]")
  })

  test("a full disk is one clear error, and the last checkpoint stays", async ({ skip }) => {
    const disk = nabla.path("disk")
    mkdirSync(disk)
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk])
    if (mounted.status !== 0) {
      console.log("skipped: a small disk cannot be mounted here, which takes the rights of root")
      return skip()
    }
    try {
      const { code, err } = await nabla.run("train", ...small, "--keep", "9", "--out", disk, "--name", "run")
      expect(code).toBe(1)
      expect(err).toContain("[NABLA_FILE_WRITE]")
      expect(err).toContain("the disk is full")
      const { checkpoint, skipped } = await loadCheckpoint(join(disk, "run"))
      expect(checkpoint.position.step).toBeGreaterThan(0)
      expect(skipped).toEqual([])
      expect(spawnSync("mount", ["-o", "remount,size=64m", disk]).status).toBe(0)
      expect((await nabla.run("train", "--resume", join(disk, "run"))).code).toBe(0)
    } finally {
      spawnSync("umount", [disk])
    }
  })
})

describe("nabla runs and nabla info", () => {
  test("list, compare and look into what runs have left", async () => {
    const out = nabla.path("several")
    for (const lr of ["0.01", "0.001"])
      await nabla.run("train", ...small, "--lr", lr, "--out", out, "--name", `rate-${lr}`)
    const listed = await nabla.run("runs", "--out", out, "--json")
    const lines = listed.out.trimEnd().split("\n")
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { name: "rate-0.01", recipe: "mlp", status: "completed", steps: 20, epochs: 2 },
      { name: "rate-0.001" },
    ])
    const some = await nabla.run("runs", "--out", out, "--where", "lr=0.01")
    expect(some.out).toContain("rate-0.01")
    expect(some.out).not.toContain("rate-0.001")
    const compared = await nabla.run("runs", "rate-0.01", "rate-0.001", "--out", out, "--json")
    expect(JSON.parse(compared.out).settings).toEqual([{ key: "lr", values: ["0.01", "0.001"] }])
    const best = join(out, "rate-0.01", "checkpoints", "best.safetensors")
    const info = JSON.parse((await nabla.run("info", best, "--json")).out)
    expect(info).toMatchObject({
      format: "checkpoint",
      checkpoint: { optimizer: "Adam", parameters: 101_770 },
    })
    truncateSync(best, 9000)
    expect((await nabla.run("info", best)).err).toContain("[NABLA_CHECKPOINT_DAMAGED]")
    expect((await nabla.run("info", join(out, "rate-0.01", "config.json"))).err).toContain(
      "[NABLA_FILE_FORMAT]",
    )
    expect((await nabla.run("info", nabla.path("none"))).err).toContain("[NABLA_FILE_NOT_FOUND]")
    expect((await nabla.run("runs", "--where", "lr")).err).toContain("[NABLA_INVALID_OPTION]")
  })
})
