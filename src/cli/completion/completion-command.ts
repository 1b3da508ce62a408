import tab from "@bomb.sh/tab/commander"
import type { Command, Option } from "commander"
import { wordsOf } from "../terminal/option-values.ts"

const help = `
Examples:
  $ nabla completion bash >> ~/.bashrc
  $ nabla completion zsh > ~/.zfunc/_nabla
  $ nabla completion fish > ~/.config/fish/completions/nabla.fish`

/**
 * `nabla completion SHELL`: a script for bash, zsh, fish or powershell, which asks `nabla complete` as one types. It knows
 * the commands that the root has by now, their options, and the words that options take.
 */
export function addCompletionCommand(root: Command): void {
  const options = root.commands.flatMap((command) => command.options)
  withWords(options, () => tab(root, { completionCommandName: "completion" }))
  const command = root.commands.find((it) => it.name() === "completion")
  command?.summary("print a completion script for a shell").addHelpText("after", help)
}

/** The help texts of options name their words already: they are known as choices only here. */
function withWords(options: readonly Option[], register: () => void): void {
  const changed = options.filter((option) => option.argChoices === undefined && wordsOf(option.parseArg))
  for (const option of changed) option.argChoices = [...wordsOf(option.parseArg)!]
  register()
  for (const option of changed) delete option.argChoices
}
