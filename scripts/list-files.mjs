/** Lists the project's files below a folder; shared by the checks in this folder. */
import { existsSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * @param {string} folder relative to the project root
 * @param {string} ending such as `.ts`
 * @returns {string[]} paths relative to the project root, with forward slashes, sorted
 */
export function listFiles(folder, ending) {
  if (!existsSync(join(projectRoot, folder))) return []
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(ending) && !path.endsWith(".d.ts"))
    .sort()
}
