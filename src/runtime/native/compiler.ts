import { spawnSync } from "node:child_process"
import { closeSync, existsSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { NablaError } from "../../base/index.ts"
import type { Background } from "./background.ts"
import { runInBackground, shellLine } from "./background.ts"

export interface Compiler {
  readonly command: string
  /** Flags that the machine's own instructions are used with. */
  readonly flags: readonly string[]
  /** What the compiler defines by itself: its version, and what this processor can do. */
  readonly macros: string
  /** Bytes of the vector registers that are worth using. */
  readonly vectorBytes: 16 | 32
  /** Whether there are 32 registers of 64 bytes too: for register tiles, where they are worth it everywhere. */
  readonly wideRegisters: boolean
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
  "-pthread",
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

const probeArguments = (target: readonly string[]): string[] => [
  ...target,
  "-dM",
  "-E",
  "-x",
  "c",
  "/dev/null",
]

/** The first compiler of this machine that works, or an error that says what was tried. */
export function findCompiler(folder: string): Compiler {
  const tried: string[] = []
  for (const command of candidates()) {
    for (const target of TARGETS) {
      const output = join(folder, "probe.txt")
      const { ok, missing, timedOut } = execute(command, probeArguments(target), output, PROBE_TIMEOUT)
      if (ok) return describeCompiler(command, target, readFileSync(output, "utf8"))
      if (target === TARGETS[0])
        tried.push(`${command} (${missing ? "not found" : timedOut ? "hangs" : "fails"})`)
      if (missing || timedOut) break
    }
  }
  throw noCompiler(tried)
}

function noCompiler(tried: readonly string[]): NablaError {
  return new NablaError("NABLA_DEVICE_UNAVAILABLE", {
    message: "the native device needs a C compiler, and none works here",
    where: "native device",
    got: tried.join(", "),
    hint: "install gcc or clang (on Debian: apt-get install gcc libc6-dev), or name one in NABLA_CC",
  })
}

/** What a shell answers for a command that there is not, or that may not be run. */
const MISSING = ["126", "127"]

/**
 * Looks for a compiler without waiting for it. The function that it gives says null until one is found.
 *
 * @throws as {@link findCompiler}, from that function
 */
export function findCompilerLater(folder: string): () => Compiler | null {
  const path = (i: number, kind: "txt" | "code"): string => join(folder, `probe-${i}.${kind}`)
  const attempts = candidates().flatMap((command) => TARGETS.map((target) => ({ command, target })))
  const lines = attempts.map(({ command, target }, i) => {
    const [words, text, code] = [[command, ...probeArguments(target)], [path(i, "txt")], [path(i, "code")]]
    return `${shellLine(words)} > ${shellLine(text)} 2>&1; code=$?; echo $code > ${shellLine(code)}; [ $code != 0 ] || exit`
  })
  const search = runInBackground(`(${lines.join("\n")})`, join(folder, "probe"), probeTimeout())
  return () => {
    if (search.state === "running") return null
    const tried: string[] = []
    for (const [i, { command, target }] of attempts.entries()) {
      const code = existsSync(path(i, "code")) ? readFileSync(path(i, "code"), "utf8").trim() : "none"
      if (code === "0") return describeCompiler(command, target, readFileSync(path(i, "txt"), "utf8"))
      if (target === TARGETS[0])
        tried.push(
          `${command} (${MISSING.includes(code) ? "not found" : code === "none" ? "hangs" : "fails"})`,
        )
      if (code === "none") break
    }
    throw noCompiler(tried)
  }
}

function describeCompiler(command: string, target: readonly string[], macros: string): Compiler {
  const has = (name: string): boolean => macros.includes(`#define ${name} `)
  return {
    command,
    flags: [...FLAGS, ...target],
    macros,
    vectorBytes: has("__AVX2__") ? 32 : 16,
    wideRegisters: has("__AVX512F__") && has("__AVX512VL__") && has("__AVX512DQ__"),
    fusedMultiplyAdd: has("__FMA__") || has("__ARM_FEATURE_FMA"),
    version: /#define __VERSION__ "([^"]*)"/.exec(macros)?.[1] ?? "unknown version",
  }
}

function compileTimeout(): number {
  const given = Number(process.env.NABLA_CC_TIMEOUT)
  return given > 0 ? given * 1000 : COMPILE_TIMEOUT
}

const probeTimeout = (): number => Math.min(PROBE_TIMEOUT, compileTimeout())

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

const commandLine = ({ command, flags }: Compiler, job: CompileJob): string =>
  shellLine([command, ...argumentsOf(flags, job)])

/** Compiles files at once, as well as it goes: an object is there in the end, or it is not. */
export function compileTogether(compiler: Compiler, jobs: readonly CompileJob[]): void {
  const lines = jobs.map((job) => commandLine(compiler, job))
  const { timedOut } = execute(
    "sh",
    ["-c", `${lines.join(" & ")} & wait`],
    `${jobs[0]!.object}.log`,
    compileTimeout(),
  )
  if (timedOut) throw compilerError(compiler, "takes too long and was stopped", "")
}

/** Begins to compile files, all at once, and does not wait for it. */
export function compileInBackground(compiler: Compiler, jobs: readonly CompileJob[]): Background {
  const lines = jobs.map(
    (job) => `${commandLine(compiler, job)} > ${shellLine([`${job.object}.log`])} 2>&1 & all="$all $!"`,
  )
  return runInBackground(`${lines.join("\n")}\nwait $all`, jobs[0]!.object, compileTimeout())
}

/**
 * Makes sure that files that were compiled in the background are there.
 *
 * @throws NABLA_DEVICE_FAILED with what the compiler complained about
 */
export function checkCompiled(compiler: Compiler, jobs: readonly CompileJob[], { state }: Background): void {
  if (state === "late") throw compilerError(compiler, "takes too long and was stopped", "")
  for (const { object } of jobs)
    if (!existsSync(object)) throw compilerError(compiler, "fails", complaintIn(`${object}.log`))
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
  const { ok, timedOut, missing } = execute(
    compiler.command,
    argumentsOf(compiler.flags, job),
    log,
    compileTimeout(),
  )
  if (ok) return
  const reason = timedOut ? "takes too long and was stopped" : missing ? "is gone" : "fails"
  throw compilerError(compiler, reason, complaintIn(log))
}

/** The line of a compiler's output that says most. */
function complaintIn(log: string): string {
  const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n") : []
  return (lines.find((line) => /error|cannot|No space/i.test(line)) ?? lines[0] ?? "").trim()
}
