import { spawnSync } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { NablaError } from "../../base/index.ts"

export interface Compiler {
  readonly command: string
  /** Flags that the machine's own instructions are used with. */
  readonly flags: readonly string[]
  /** What the compiler defines by itself: its version, and what this processor can do. */
  readonly macros: string
  /** Bytes of the vector registers that are worth using. */
  readonly vectorBytes: 16 | 32
  readonly fusedMultiplyAdd: boolean
  /** For people: the first words of the version. */
  readonly version: string
}

const PROBE_TIMEOUT = 20_000
const COMPILE_TIMEOUT = 120_000

/**
 * No -ffast-math: a sum keeps its order and a NaN its meaning, so that the same program gives the same bits.
 * Products and sums are fused only where a kernel says so.
 */
const FLAGS = [
  "-std=gnu11",
  "-O3",
  "-ffp-contract=off",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-fwrapv",
  "-fPIC",
  "-fopenmp",
  "-shared",
  "-fvisibility=hidden",
  "-w",
]

/** How the machine's own instructions are asked for; the last is for compilers that do not know this machine. */
const TARGETS = [["-march=native"], ["-mcpu=native"], []]

function candidates(): string[] {
  const chosen = process.env.NABLA_CC ?? process.env.CC
  return chosen === undefined || chosen === "" ? ["cc", "gcc", "clang"] : [chosen]
}

interface Outcome {
  readonly ok: boolean
  readonly timedOut: boolean
  readonly missing: boolean
}

/**
 * Runs a compiler with its output in files: a pipe would be held open by the processes that a compiler starts, even
 * after the compiler itself was stopped for taking too long.
 */
function execute(command: string, args: readonly string[], output: string, timeout: number): Outcome {
  const file = openSync(output, "w")
  try {
    const { status, error } = spawnSync(command, args, {
      stdio: ["ignore", file, file],
      timeout,
      killSignal: "SIGKILL",
      env: { ...process.env, LC_ALL: "C" },
    })
    const code = (error as NodeJS.ErrnoException | undefined)?.code
    return {
      ok: status === 0,
      timedOut: code === "ETIMEDOUT",
      missing: code === "ENOENT" || code === "EACCES",
    }
  } finally {
    closeSync(file)
  }
}

/** The first compiler of this machine that works, or an error that says what was tried. */
export function findCompiler(folder: string): Compiler {
  const tried: string[] = []
  for (const command of candidates()) {
    for (const target of TARGETS) {
      const output = join(folder, "probe.txt")
      const { ok, missing, timedOut } = execute(
        command,
        [...target, "-dM", "-E", "-x", "c", "/dev/null"],
        output,
        PROBE_TIMEOUT,
      )
      if (ok) return describeCompiler(command, target, readFileSync(output, "utf8"))
      if (target === TARGETS[0])
        tried.push(`${command} (${missing ? "not found" : timedOut ? "hangs" : "fails"})`)
      if (missing || timedOut) break
    }
  }
  throw new NablaError("NABLA_DEVICE_UNAVAILABLE", {
    message: "the native device needs a C compiler, and none works here",
    where: "native device",
    got: tried.join(", "),
    hint: "install gcc or clang (on Debian: apt-get install gcc libc6-dev), or name one in NABLA_CC",
  })
}

function describeCompiler(command: string, target: readonly string[], macros: string): Compiler {
  const has = (name: string): boolean => macros.includes(`#define ${name} `)
  return {
    command,
    flags: [...FLAGS, ...target],
    macros,
    vectorBytes: has("__AVX2__") ? 32 : 16,
    fusedMultiplyAdd: has("__FMA__") || has("__ARM_FEATURE_FMA"),
    version: /#define __VERSION__ "([^"]*)"/.exec(macros)?.[1] ?? "unknown version",
  }
}

function compileTimeout(): number {
  const given = Number(process.env.NABLA_CC_TIMEOUT)
  return given > 0 ? given * 1000 : COMPILE_TIMEOUT
}

export interface CompileJob {
  readonly source: string
  readonly object: string
  readonly libraries: readonly string[]
}

const argumentsOf = (flags: readonly string[], { source, object, libraries }: CompileJob): string[] => [
  ...flags,
  "-o",
  object,
  source,
  ...libraries,
  "-lm",
]

/** Compiles files at once, as well as it goes: an object is there in the end, or it is not. */
export function compileTogether(compiler: Compiler, jobs: readonly CompileJob[]): void {
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
  const lines = jobs.map((job) =>
    [compiler.command, ...argumentsOf(compiler.flags, job)].map(quote).join(" "),
  )
  const { timedOut } = execute(
    "sh",
    ["-c", `${lines.join(" & ")} & wait`],
    `${jobs[0]!.object}.log`,
    compileTimeout(),
  )
  if (timedOut) throw compilerError(compiler, "takes too long and was stopped", "")
}

function compilerError(compiler: Compiler, reason: string, complaint: string): NablaError {
  return new NablaError("NABLA_DEVICE_FAILED", {
    message: `the C compiler ${reason}${complaint === "" ? "" : `: ${complaint}`}`,
    where: `native device: ${compiler.command} (${compiler.version})`,
    hint: "name another compiler in NABLA_CC, give it more time with NABLA_CC_TIMEOUT (seconds), or use the wasm device",
  })
}

/** Compiles a C file to a shared object; an error names the first complaint. */
export function compileFile(compiler: Compiler, job: CompileJob): void {
  const log = `${job.object}.log`
  const attempt = (flags: readonly string[]): Outcome =>
    execute(compiler.command, argumentsOf(flags, job), log, compileTimeout())
  const { ok, timedOut, missing } = attempt(compiler.flags)
  if (ok) return
  const lines = readFileSync(log, "utf8").split("\n")
  // Without its OpenMP library a compiler makes the same program for one thread.
  const threadless = compiler.flags.filter((flag) => flag !== "-fopenmp")
  if (lines.some((line) => /openmp|omp\b/i.test(line)) && attempt(threadless).ok) return
  const complaint = lines.find((line) => /error|cannot|No space/i.test(line)) ?? lines[0] ?? ""
  const reason = timedOut ? "takes too long and was stopped" : missing ? "is gone" : "fails"
  throw compilerError(compiler, reason, complaint.trim())
}
