import { CommandLine } from "../cli-harness.ts"
import { soak } from "./kill.ts"

// npm run soak:kill -- [KILLS] [SEED]: many more kills than the tests take.

const [kills = "50", seed = "1"] = process.argv.slice(2)
const nabla = new CommandLine()
try {
  await nabla.build()
  const began = performance.now()
  const report = await soak(nabla, { kills: Number(kills), seed: Number(seed), log: console.log })
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  console.log(`all runs ended with the bits of the undisturbed ones: ${JSON.stringify(report)}, ${seconds} s`)
} finally {
  nabla.remove()
}
