import { readFileSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

/** The commit that a folder's files were checked out from; null where there is none. Changed files are not seen. */
export function gitCommit(folder: string): string | null {
  try {
    for (let at = resolve(folder); ; at = dirname(at)) {
      const found = statSync(join(at, ".git"), { throwIfNoEntry: false })
      if (found !== undefined) return headOf(found.isFile() ? linked(at) : join(at, ".git"))
      if (dirname(at) === at) return null
    }
  } catch {
    // A repository that cannot be read is none.
    return null
  }
}

/** In a worktree or submodule `.git` is a file that says where the repository is. */
function linked(folder: string): string {
  return resolve(
    folder,
    readFileSync(join(folder, ".git"), "utf8")
      .replace(/^gitdir: /, "")
      .trim(),
  )
}

function headOf(repository: string): string | null {
  const head = readFileSync(join(repository, "HEAD"), "utf8").trim()
  if (!head.startsWith("ref: ")) return commit(head)
  const name = head.slice(5)
  const common = readIfThere(join(repository, "commondir"))
  const roots = common === null ? [repository] : [repository, resolve(repository, common.trim())]
  for (const root of roots) {
    const loose = readIfThere(join(root, name))
    if (loose !== null) return commit(loose.trim())
    const packed = readIfThere(join(root, "packed-refs")) ?? ""
    const line = packed.split("\n").find((it) => it.endsWith(` ${name}`))
    if (line !== undefined) return commit(line.split(" ")[0]!)
  }
  return null
}

const commit = (text: string): string | null => (/^[0-9a-f]{40,64}$/.test(text) ? text : null)

function readIfThere(path: string): string | null {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : null
}
