import { readFile, rename, stat, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { NablaError } from "../../base/index.ts"
import { checkNames, checkWord } from "../check.ts"
import { gunzip } from "../gzip.ts"
import type { ImageFiles } from "../image-files.ts"
import { loadCifar, loadImages } from "../image-files.ts"
import type { PublicDataName, PublishedData, PublishedFile } from "./catalogue.ts"
import { catalogue, publicDataNames } from "./catalogue.ts"
import type { DownloadOptions } from "./download.ts"
import { download } from "./download.ts"

export interface PublicDataOptions extends DownloadOptions {
  /** Folder with the files, in itself or in a folder of the data set's name; nothing is downloaded then. */
  readonly dataDir?: string
  /** Folder that downloads are kept in. Default: NABLA_DATA_DIR, else nabla/data in XDG_CACHE_HOME or ~/.cache. */
  readonly cacheDir?: string
  /** Addresses of folders to download from instead of those of the data set's makers. */
  readonly mirrors?: readonly string[]
  /** Checksums instead of the published ones, by file: those of a mirror's own files. */
  readonly checksums?: Readonly<Record<string, string>>
}

/**
 * A public data set by name: mnist, fashion-mnist, cifar10 or cifar100. Its files are taken from `dataDir` where that is
 * given, otherwise from the cache, into which they are downloaded (with checksum, going on where an earlier download broke
 * off) when they are not there yet.
 *
 * inputs [1, 28, 28] or [3, 32, 32] float32 in [0, 1], targets [] int32.
 *
 * @throws NABLA_INVALID_ARGUMENT for a name that is none
 * @throws NABLA_FILE_NOT_FOUND when `dataDir` has not the files: it says which ones
 * @throws NABLA_DOWNLOAD when they cannot be downloaded; NABLA_FILE_WRITE when they cannot be kept
 *
 * @example const { train, test } = await loadPublicData("mnist", { dataDir: "data" })
 */
export async function loadPublicData(
  name: PublicDataName,
  options: PublicDataOptions = {},
): Promise<Required<ImageFiles>> {
  const names = ["dataDir", "cacheDir", "mirrors", "checksums", "onProgress", "timeout", "attempts"]
  checkNames("loadPublicData", options, names)
  checkWord("loadPublicData", "data set", name, publicDataNames)
  const data: PublishedData = catalogue[name]
  const folder =
    options.dataDir === undefined
      ? await cached(name, data, options)
      : await given(name, data, options.dataDir)
  if (data.format === "cifar") return loadCifar(folder, { classes: data.classes })
  const { train, test } = await loadImages(folder)
  if (test !== undefined) return { train: { ...train, name }, test: { ...test, name } }
  throw missing(data, folder, filesOf(data).slice(2))
}

function dataCache({ cacheDir }: PublicDataOptions): string {
  const { NABLA_DATA_DIR, XDG_CACHE_HOME } = process.env
  return cacheDir ?? (NABLA_DATA_DIR || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "nabla/data"))
}

/** The folder in the cache that has all files, after a download where it had not. */
async function cached(name: string, data: PublishedData, options: PublicDataOptions): Promise<string> {
  const folder = join(dataCache(options), name)
  if ((await lacking(folder, filesOf(data))).length === 0) return folder
  for (const file of data.files) {
    const path = join(folder, file.name)
    const addresses = (options.mirrors ?? data.mirrors).map((mirror) => new URL(file.name, mirror).href)
    const md5 = options.checksums?.[file.name] ?? file.md5
    if (!(await exists(path)))
      await download(addresses, path, md5, options).catch((error: unknown) => {
        throw withAdvice(error, data)
      })
    if (file.contents !== undefined) await unpack(path, file, folder)
  }
  return folder
}

/** The folder of the user's that has all files. */
async function given(name: string, data: PublishedData, dataDir: string): Promise<string> {
  const unpacked = { cifar10: "cifar-10-batches-bin", cifar100: "cifar-100-binary" }[name]
  const places = [dataDir, join(dataDir, name), ...(unpacked ? [join(dataDir, unpacked)] : [])]
  for (const place of places) {
    if ((await lacking(place, filesOf(data))).length === 0) return place
    const [archive] = data.files
    if (archive?.contents !== undefined && (await exists(join(place, archive.name)))) {
      await unpack(join(place, archive.name), archive, place)
      return place
    }
  }
  const needed = await lacking(dataDir, filesOf(data))
  throw missing(data, dataDir, needed)
}

/** Names of the files that are read in the end. */
function filesOf({ files }: PublishedData): string[] {
  return files.flatMap(({ name, contents }) => contents ?? [name])
}

/** Those files that the folder has neither as they are nor unpacked. */
async function lacking(folder: string, names: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    names.map(
      async (name) => (await exists(join(folder, name))) || exists(join(folder, name.replace(/\.gz$/, ""))),
    ),
  )
  return names.filter((_, i) => !there[i])
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    (it) => it.isFile(),
    () => false,
  )

/** Writes the files that are needed of an archive beside it, each whole or not at all. */
async function unpack(archive: string, { contents = [] }: PublishedFile, folder: string): Promise<void> {
  if ((await lacking(folder, contents)).length === 0) return
  const { parseTar } = await import("nanotar")
  const tar = await gunzip(await readFile(archive), archive)
  const entries = parseTar(tar, { filter: ({ name }) => contents.includes(baseName(name)) })
  for (const content of contents) {
    const data = entries.find(({ name }) => baseName(name) === content)?.data
    if (data === undefined) {
      throw new NablaError("NABLA_FILE_FORMAT", {
        message: "the archive has not the file",
        expected: content,
        where: archive,
      })
    }
    const path = join(folder, content)
    await writeFile(`${path}.part`, data)
    await rename(`${path}.part`, path)
  }
}

const baseName = (path: string): string => path.replace(/^.*\//, "")

function missing(data: PublishedData, folder: string, names: readonly string[]): NablaError {
  return new NablaError("NABLA_FILE_NOT_FOUND", {
    message: "the folder has not all files of the data set",
    expected: names.join(", "),
    where: folder,
    hint: advice(data),
  })
}

function withAdvice(error: unknown, data: PublishedData): unknown {
  if (!(error instanceof NablaError && error.code === "NABLA_DOWNLOAD")) return error
  return new NablaError("NABLA_DOWNLOAD", {
    ...error.detail,
    hint: `${advice(data)}, and give it as dataDir (--data-dir)`,
  })
}

function advice({ files, mirrors }: PublishedData): string {
  return `put ${files.map(({ name }) => name).join(", ")} from ${mirrors[0]} into a folder`
}
