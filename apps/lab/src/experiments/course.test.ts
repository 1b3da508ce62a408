import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import type { Controls } from "./controls.ts"
import type { Experiment, Meta } from "./experiment.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const docs = join(here, "../../../../docs")

interface Chapter {
  readonly slug: string
  readonly meta: Meta
  readonly experiment: Experiment<Controls, unknown>
}

async function chapters(): Promise<Chapter[]> {
  const folders = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const found = folders.map(async ({ name: slug }): Promise<Chapter> => {
    const [{ meta }, { experiment }] = (await Promise.all([
      import(join(here, slug, "meta.ts")),
      import(join(here, slug, "experiment.ts")),
    ])) as [{ meta: Meta }, { experiment: Experiment<Controls, unknown> }]
    return { slug, meta, experiment }
  })
  return (await Promise.all(found)).sort((a, b) => a.meta.number - b.meta.number)
}

/** Its picture, where one has been taken: `npm run lab:pictures`. */
const pictureOf = ({ slug, meta }: Chapter): string[] =>
  existsSync(join(docs, "lab/pictures", `${slug}.png`)) ? [`![${meta.title}](lab/pictures/${slug}.png)`] : []

function sectionOf(chapter: Chapter): string {
  const { slug, meta, experiment } = chapter
  const laws = experiment.laws.map(
    ({ name, statement, formula }) => `**${name}.** ${statement}\n\n$$${formula}$$`,
  )
  const sources = experiment.sources.map(({ title, url }) =>
    url === undefined ? title : `[${title}](${url})`,
  )
  return [
    `## ${meta.number}. ${meta.title}`,
    `*${meta.question}* (${meta.topic}; \`#/${slug}\`)`,
    ...pictureOf(chapter),
    ...laws,
    `Sources: ${sources.join("; ")}.`,
  ].join("\n\n")
}

const head = `# The course

The experiments of the Lab in the order of the course, each with its question and the laws that the page checks on its own
run. \`npm run lab\` opens them; an address such as \`#/14-momentum\` leads to one.

This page is made of the experiments themselves: \`npx vitest run apps/lab/src/experiments/course.test.ts -u\`.
`

it("docs/course.md says what the experiments say", async () => {
  const sections = (await chapters()).map(sectionOf)
  await expect([head, `${sections.join("\n\n")}\n`].join("\n")).toMatchFileSnapshot(join(docs, "course.md"))
})
