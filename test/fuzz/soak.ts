import { formats, fuzz } from "./formats.ts"

// npm run soak:fuzz -- [ROUNDS] [SEED] [NAME]: many more rounds than the tests take.

const [rounds = "100000", seed = "2", name = ""] = process.argv.slice(2)

for (const format of await formats()) {
  if (!format.name.includes(name)) continue
  const start = performance.now()
  const { read, refused } = await fuzz(format, Number(rounds), Number(seed))
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  console.log(`${format.name}: ${read} read, ${refused} refused, ${seconds} s`)
}
