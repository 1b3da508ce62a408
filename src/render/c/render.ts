import type { Kernel } from "../../kernel/index.ts"
import { BLAS_DECLARATIONS, blasKernel } from "./blas.ts"
import { Helpers } from "./helpers.ts"
import { KernelWriter, SHARED_WORK } from "./kernel-writer.ts"
import type { Lifted, Sizes } from "./lift.ts"
import { liftSizes, NEARBY } from "./lift.ts"

export interface CRenderOptions {
  /** Matrix products are left to CBLAS where it takes them. */
  readonly blas: boolean
}

/** One C11 file, with the vector types of GCC and Clang. */
export interface CUnit {
  readonly text: string
  /** Whether functions of CBLAS are called. */
  readonly blas: boolean
}

export interface CText {
  /** A text for each kernel: those of kernels that compute the same are the same. */
  readonly kernels: readonly string[]
  /** Texts that would do for a kernel, should one of them have been compiled already. */
  readonly alike: (kernel: number) => readonly string[]
  /** For each kernel the numbers that it reads: what is left of its sizes. */
  readonly sizes: readonly Sizes[]
  /** A file of some of the kernels, by their numbers. It exports `nabla_kernels`. */
  readonly unit: (which: readonly number[]) => CUnit
}

const PROLOGUE = `#include <math.h>
#include <stdint.h>

#ifndef __has_builtin
#define __has_builtin(name) 0
#endif

typedef float f32;
typedef double f64;
typedef int32_t i32;
typedef uint32_t u32;
typedef int64_t i64;
typedef uint64_t u64;

/* The turns from .. to - 1 of a loop, with working memory of the thread's own. */
typedef void (*part)(const void* frame, i64 from, i64 to, char* own);
typedef struct team {
  void (*share)(part work, const void* frame, i64 turns, i64 own_bytes);
} team;
`

/** What the runtime calls: it gives the addresses of the file's kernels. */
const entries = (names: readonly string[]): string => `
__attribute__((visibility("default"))) void nabla_kernels(f64* addresses) {
${names.map((name, i) => `  addresses[${i}] = (f64)(uintptr_t)${name};`).join("\n")}
}
`

interface Rendered extends Sizes {
  readonly name: string
  /** Functions whose names begin with KERNEL, which stands for the kernel's own. */
  readonly text: string
  readonly helpers: Helpers
  readonly alike: () => string[]
  readonly blas: boolean
}

/**
 * Products in register tiles are compiled for their sizes: a tenth of their speed is in addresses that a compiler puts
 * together when it knows them.
 */
const isTiled = ({ flops }: Kernel): boolean => flops !== undefined

const asItIs = (kernel: Kernel): Lifted => ({ kernel, integers: [], floats: [] })

function renderKernel(kernel: Kernel, options: CRenderOptions): Rendered {
  const helpers = new Helpers()
  const name = kernel.name.replace(/[^\w ]/g, "_")
  const blas = options.blas ? blasKernel(kernel) : null
  if (blas !== null) return { name, helpers, blas: true, ...blas }
  const { kernel: lifted, integers, floats } = isTiled(kernel) ? asItIs(kernel) : liftSizes(kernel)
  const text = new KernelWriter(lifted, helpers).run()
  const alike = (): string[] =>
    NEARBY.map((factor) => new KernelWriter(lifted, new Helpers(), factor * SHARED_WORK).run())
  return { name, helpers, blas: false, text, alike, integers, floats }
}

function renderUnit(kernels: readonly Rendered[]): CUnit {
  const blas = kernels.some((kernel) => kernel.blas)
  const shared = new Map(kernels.flatMap(({ helpers }) => [...helpers.texts]))
  const names = kernels.map((_, i) => `k${i}`)
  const text = [
    PROLOGUE,
    ...(blas ? [BLAS_DECLARATIONS] : []),
    ...shared.values(),
    ...kernels.map(({ name, text }, i) => `\n// ${name}\n${text.replaceAll("KERNEL", `k${i}`)}`),
    entries(names),
  ]
  return { text: text.join("\n"), blas }
}

/** Renders kernels as C. */
export function renderC(kernels: readonly Kernel[], options: CRenderOptions): CText {
  const rendered = kernels.map((kernel) => renderKernel(kernel, options))
  return {
    kernels: rendered.map(({ text }) => text),
    alike: (i) => rendered[i]!.alike(),
    sizes: rendered,
    unit: (which) => renderUnit(which.map((i) => rendered[i]!)),
  }
}
