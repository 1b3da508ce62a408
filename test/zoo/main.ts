import { type ChildProcess, fork } from "node:child_process"
import { availableParallelism } from "node:os"
import { cases } from "./cases/index.ts"
import { examine, type Outcome } from "./examine.ts"
import { scoreOf, scoreText, tableOf } from "./score.ts"

// npm run doctor:zoo -- [PART OF A NAME …]: the doctor on trainings whose fault is known, in as many processes as
// there are processors. Exits with 1 below the score.

if (process.argv[2] === "--child") childWork()
else process.exitCode = await parentWork(process.argv.slice(2))

/** Examines the cases that the parent names, one after another. */
function childWork(): void {
  process.on("message", async (name: string) => {
    process.send!(await examine(cases.find((one) => one.name === name)!))
  })
}

async function parentWork(filters: readonly string[]): Promise<number> {
  const chosen = cases.filter(
    ({ name }) => filters.length === 0 || filters.some((part) => name.includes(part)),
  )
  const waiting = chosen.map(({ name }) => name)
  const outcomes = new Map<string, Outcome>()
  const began = performance.now()
  const lanes = Math.min(availableParallelism(), waiting.length)
  await Promise.all(Array.from({ length: lanes }, () => lane(waiting, outcomes)))
  const list = chosen.map(({ name }) => outcomes.get(name)!)
  const score = scoreOf(list)
  console.log(tableOf(list))
  console.log(`\n${scoreText(score)}\n${((performance.now() - began) / 1000).toFixed(0)} s`)
  return score.passed ? 0 : 1
}

/** One child after another until nothing waits: a case that kills its process is a miss, not the end. */
async function lane(waiting: string[], outcomes: Map<string, Outcome>): Promise<void> {
  let child = start()
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const outcome = await ask(child, name)
    outcomes.set(name, outcome)
    if (child.exitCode !== null || child.signalCode !== null) child = start()
    if (process.stderr.isTTY) process.stderr.write(`\r${outcomes.size} done, ${waiting.length} to go   `)
  }
  child.disconnect()
}

function start(): ChildProcess {
  return fork(process.argv[1]!, ["--child"], { env: { ...process.env, NABLA_THREADS: "1" } })
}

function ask(child: ChildProcess, name: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const settle = (outcome: Outcome): void => {
      child.off("exit", ended)
      child.off("message", settle)
      resolve(outcome)
    }
    const ended = (code: number | null, signal: string | null): void => {
      const { expected } = cases.find((one) => one.name === name)!
      const evidence = `its process ended with ${code ?? signal}`
      settle({ name, expected, named: null, findings: [], evidence, passed: false, seconds: 0 })
    }
    child.on("message", settle)
    child.on("exit", ended)
    child.send(name)
  })
}
