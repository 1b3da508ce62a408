import type { Command } from "commander"
import { notEmpty, number } from "../terminal/option-values.ts"
import { type SampleOptions, sample } from "./sample.ts"

const examples = `
RUN is the folder of a run of the recipes gpt or char-rnn.

Examples:
  $ nabla sample runs/gpt-shakespeare-20260131-142500 --prompt "ROMEO:" --length 500
  $ nabla sample RUN --temperature 0.8 --top-k 20 --seed 3`

/** `nabla sample`: text from a trained language model. */
export function addSampleCommand(root: Command, done: (exitCode: number) => void): void {
  const whole = (option: string, min: number) => number(option, { whole: true, min })
  root
    .command("sample")
    .summary("write text with a trained language model")
    .description("Goes on with a text, token by token, with the model of a run.")
    .argument("<run>", "the folder of a run")
    .option("--prompt <text>", "what to begin with", notEmpty("--prompt"), "\n")
    .option("--length <n>", "how many tokens to write", whole("--length", 1), 500)
    .option(
      "--temperature <x>",
      "below 1 likely tokens become likelier; 0 takes the likeliest",
      number("--temperature", { min: 0 }),
      0.8,
    )
    .option("--top-k <n>", "draw among so many of the likeliest tokens", whole("--top-k", 1))
    .option("--seed <n>", "of the draws", whole("--seed", 0), 0)
    .addHelpText("after", examples)
    .action(async (run: string, options: SampleOptions) => {
      await sample(run, options)
      done(0)
    })
}
