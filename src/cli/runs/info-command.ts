import Table from "cli-table3"
import type { Command } from "commander"
import colours from "picocolors"
import { bytes, count } from "../terminal/format.ts"
import { jsonLine } from "../terminal/json-lines.ts"
import type { FileInfo } from "./info.ts"
import { infoOf } from "./info.ts"

const examples = `
Examples:
  $ nabla info runs/first/checkpoints/best.safetensors
  $ nabla info weights.npz --json`

/** `nabla info`: what is in a checkpoint, or another file with tensors. */
export function addInfoCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("info")
    .summary("show what is in a checkpoint or another file with tensors")
    .description("Shows what is in a checkpoint, a safetensors file, an npz or an npy, after verifying it.")
    .argument("<file>", "the file")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples)
    .action(async (file: string, { json }: { readonly json?: boolean }) => {
      const info = await infoOf(file)
      if (json) jsonLine(info)
      else process.stdout.write(`${printed(info)}\n`)
      done(0)
    })
}

function printed(info: FileInfo): string {
  const { tensors, elements, checkpoint, metadata } = info
  const head = `${colours.bold(info.format)}, ${bytes(info.bytes)}: ${count(tensors.length)} tensors with ${count(elements)} numbers`
  const lines = [head]
  if (checkpoint !== undefined) {
    const { epoch, batch, step, written, writer, optimizer, parameters, parts, preprocessing } = checkpoint
    lines.push(
      `taken after step ${count(step)} (epoch ${epoch}, batch ${batch}), ${written}, by nabla ${writer}; its digest is right`,
      `${count(parameters)} numbers of the model, optimizer ${optimizer ?? "unknown"}`,
    )
    if (parts.length > 0) lines.push(`states of ${parts.join(", ")}`)
    if (preprocessing.length > 0) lines.push(`preprocessing of ${preprocessing.join(", ")}`)
  }
  const texts = Object.entries(metadata ?? {})
  for (const [name, text] of texts)
    lines.push(`${name}: ${text.length > 80 ? `${text.slice(0, 80)} …` : text}`)
  const table = new Table({
    head: ["tensor", "type", "shape", "size"],
    colAligns: ["left", "left", "left", "right"],
    style: { compact: true, head: colours.isColorSupported ? ["bold"] : [], border: [] },
  })
  for (const { name, dtype, shape, bytes: size } of tensors)
    table.push([name, dtype, `[${shape.join(", ")}]`, bytes(size)])
  return tensors.length === 0 ? lines.join("\n") : `${lines.join("\n")}\n${table.toString()}`
}
