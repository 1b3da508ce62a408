import type { Command } from "commander"
import type { CachedObjects } from "../../tensor/node.ts"
import { cachedObjects, clearCachedObjects } from "../../tensor/node.ts"
import { bytes, count } from "../terminal/format.ts"

const examples = `
Kernels of the native device are compiled once and kept. NABLA_CACHE_DIR names another folder.

Examples:
  $ nabla cache            where they are, and how much room they take
  $ nabla cache --clear    remove them: they are compiled again when they are needed`

/** `nabla cache`: shows and clears what is kept on disk. */
export function addCacheCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("cache")
    .summary("show or clear the compiled kernels on disk")
    .description("Shows what is kept on disk of the native device's compiled kernels, or removes it.")
    .option("--clear", "remove all of it")
    .option("--json", "print one line of JSON")
    .addHelpText("after", examples)
    .action(({ clear = false, json = false }: { clear?: boolean; json?: boolean }) => {
      const found = clear ? clearCachedObjects() : cachedObjects()
      process.stdout.write(`${json ? JSON.stringify(found) : text(found, clear)}\n`)
      done(0)
    })
}

function text({ folder, files, bytes: size, limit }: CachedObjects, cleared: boolean): string {
  const what = `${count(files)} ${files === 1 ? "file" : "files"}, ${bytes(size)}`
  return cleared ? `${folder}: removed ${what}` : `${folder}: ${what} of at most ${bytes(limit)}`
}
