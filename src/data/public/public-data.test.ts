import { createHash } from "node:crypto"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import type { Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { createTar } from "nanotar"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Progress } from "./download.ts"
import { download } from "./download.ts"
import { loadPublicData } from "./public-data.ts"

const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex")

/** Answers with `bytes`, or the part of them that the range asks for. */
function serve(response: ServerResponse, bytes: Uint8Array, range: string | undefined): void {
  const begin = Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0)
  if (begin >= bytes.length && begin > 0) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end()
    return
  }
  const part = bytes.subarray(begin)
  const headers = { "content-length": part.length, "accept-ranges": "bytes" }
  const place = { "content-range": `bytes ${begin}-${bytes.length - 1}/${bytes.length}` }
  response.writeHead(
    range === undefined ? 200 : 206,
    range === undefined ? headers : { ...headers, ...place },
  )
  response.end(part)
}

type Answer = (response: ServerResponse, range: string | undefined) => void

let folder: string
let server: Server
let base: string
/** What the server does at each path, and what it was asked. */
let answers: Record<string, Answer>
let asked: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nabla-public-"))
  answers = {}
  asked = []
  server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1)
    asked.push(`${name} ${request.headers.range ?? ""}`.trim())
    const answer = answers[name]
    if (answer === undefined) response.writeHead(404).end()
    else answer(response, request.headers.range)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

const content = new Uint8Array(300_000).map((_, i) => (i * 7919) % 251)
const coded = (code: string, text = /./): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(text) }) as Error

describe("download", () => {
  const fetched = async (options = {}, address = `${base}file`): Promise<Uint8Array> => {
    await download([address], join(folder, "deep", "file"), md5(content), options)
    expect(await readdir(join(folder, "deep"))).toEqual(["file"])
    return readFile(join(folder, "deep", "file"))
  }

  it("keeps a file under its name once it is whole, and tells how far it is", async () => {
    answers.file = (response, range) => serve(response, content, range)
    const seen: Progress[] = []
    expect(md5(await fetched({ onProgress: (it: Progress) => seen.push(it) }))).toBe(md5(content))
    expect(seen.at(-1)).toEqual({ file: "file", received: content.length, total: content.length })
  })

  it("goes on where a connection broke off", async () => {
    let calls = 0
    answers.file = (response, range) => {
      if (calls++ > 0) return serve(response, content, range)
      response.writeHead(200, { "content-length": content.length })
      response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50))
    }
    expect(md5(await fetched())).toBe(md5(content))
    expect(asked[1]).toMatch(/^file bytes=[1-9]\d*-$/)
  })

  it.each([
    ["is cut off", content.subarray(0, 1234)],
    ["is whole", content],
    ["is of another file", new Uint8Array(500).fill(9)],
    ["is longer than the file", new Uint8Array(content.length + 5)],
  ])("takes up an earlier part that %s", async (_, part) => {
    answers.file = (response, range) => serve(response, content, range)
    await mkdir(join(folder, "deep"))
    await writeFile(join(folder, "deep", "file.part"), part)
    expect(md5(await fetched())).toBe(md5(content))
  })

  it("begins anew where the server knows no ranges", async () => {
    answers.file = (response) => serve(response, content, undefined)
    await mkdir(join(folder, "deep"))
    await writeFile(join(folder, "deep", "file.part"), content.subarray(0, 999))
    expect(md5(await fetched())).toBe(md5(content))
  })

  it("follows redirections, and goes to the next address", async () => {
    answers.file = (response, range) => serve(response, content, range)
    answers.moved = (response) => response.writeHead(302, { location: "/file" }).end()
    expect(md5(await fetched({}, `${base}moved`))).toBe(md5(content))
    await download([`${base}none`, `${base}file`], join(folder, "second"), md5(content))
    expect(asked.filter((it) => it === "none")).toHaveLength(1)
  })

  it.each([
    [
      "another checksum",
      /checksum/,
      (response: ServerResponse) => serve(response, content.slice(1), undefined),
    ],
    ["no file", /404/, (response: ServerResponse) => response.writeHead(404).end()],
    ["a failing server", /503/, (response: ServerResponse) => response.writeHead(503).end()],
    [
      "a connection that stands still",
      /nothing came for 0.2 seconds/,
      (response: ServerResponse) => response.write("x"),
    ],
    ["a server that does not answer", /nothing came/, () => {}],
    ["a broken answer", /./, (response: ServerResponse) => response.destroy()],
  ])("tells of %s, and leaves nothing under the file's name", async (_, text, answer) => {
    answers.file = (response) => void answer(response)
    await expect(
      download([`${base}file`], join(folder, "file"), md5(content), { timeout: 0.2, attempts: 2 }),
    ).rejects.toThrow(coded("NABLA_DOWNLOAD", text))
    expect(await readdir(folder)).not.toContain("file")
  })

  it("tells when nobody is there, and when it may not write", async () => {
    await expect(
      download(["http://127.0.0.1:9/file"], join(folder, "file"), md5(content), { attempts: 1 }),
    ).rejects.toThrow(coded("NABLA_DOWNLOAD"))
    await writeFile(join(folder, "plain"), "")
    await expect(download([`${base}file`], join(folder, "plain/file"), md5(content))).rejects.toThrow(
      coded("NABLA_FILE_WRITE"),
    )
  })
})

/** Two images of 2×2 with their labels, as IDX. */
const images = gzipSync(
  Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 51, 102, 255, 1, 2, 3, 4]),
)
const labels = gzipSync(Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 3, 7]))
const mnist: Record<string, Uint8Array> = {
  "train-images-idx3-ubyte.gz": images,
  "train-labels-idx1-ubyte.gz": labels,
  "t10k-images-idx3-ubyte.gz": images,
  "t10k-labels-idx1-ubyte.gz": labels,
}
const record = new Uint8Array(3073).fill(128)
const cifarNames = [...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), "test_batch.bin"]

describe("loadPublicData", () => {
  const offered = (files: Record<string, Uint8Array>): object => {
    for (const [name, bytes] of Object.entries(files))
      answers[name] = (response, range) => serve(response, bytes, range)
    const checksums = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, md5(bytes)]))
    return { mirrors: [base], checksums, cacheDir: folder }
  }

  it("downloads once", async () => {
    const options = offered(mnist)
    const { train, test } = await loadPublicData("mnist", options)
    expect([train.name, train.length, test.length, train.classes]).toEqual(["mnist", 2, 2, 10])
    expect([...train.targets]).toEqual([3, 7])
    expect(asked).toHaveLength(4)
    await loadPublicData("mnist", options)
    expect(asked).toHaveLength(4)
  })

  it("unpacks an archive", async () => {
    const entries = cifarNames.map((name) => ({
      name: `cifar-10-batches-bin/${name}`,
      data: record.fill(5, 0, 1),
    }))
    const archive = gzipSync(
      createTar([...entries, { name: "cifar-10-batches-bin/readme.html", data: "hello" }]),
    )
    const options = offered({ "cifar-10-binary.tar.gz": archive })
    const { train, test } = await loadPublicData("cifar10", options)
    expect([train.length, test.length, train.targets[0], [...train.inputShape]]).toEqual([
      5,
      1,
      5,
      [3, 32, 32],
    ])
    await loadPublicData("cifar10", options)
    expect(asked).toHaveLength(1)
    await writeFile(join(folder, "cifar-10-binary.tar.gz"), archive)
    expect((await loadPublicData("cifar10", { dataDir: folder })).train.length).toBe(5)
  })

  it("takes the files from a folder, and asks nobody", async () => {
    const place = join(folder, "fashion-mnist")
    await mkdir(place)
    for (const [name, bytes] of Object.entries(mnist)) await writeFile(join(place, name), bytes)
    expect((await loadPublicData("fashion-mnist", { dataDir: folder, mirrors: [base] })).train.length).toBe(2)
    expect((await loadPublicData("fashion-mnist", { dataDir: place, mirrors: [base] })).test.length).toBe(2)
    expect(asked).toEqual([])
  })

  it("says which files are missing, and where to get them", async () => {
    await writeFile(join(folder, "train-images-idx3-ubyte"), "")
    await expect(loadPublicData("mnist", { dataDir: folder })).rejects.toThrow(
      coded(
        "NABLA_FILE_NOT_FOUND",
        /expected: train-labels-idx1-ubyte.gz, t10k-images[\s\S]*put train-images.*from https/,
      ),
    )
    await expect(
      loadPublicData("cifar10", { mirrors: [base], cacheDir: folder, attempts: 1 }),
    ).rejects.toThrow(
      coded("NABLA_DOWNLOAD", /404[\s\S]*put cifar-10-binary.tar.gz from .* into a folder.*--data-dir/),
    )
    await expect(loadPublicData("imagenet" as "mnist")).rejects.toThrow(
      coded("NABLA_INVALID_ARGUMENT", /fashion-mnist/),
    )
  })
})
