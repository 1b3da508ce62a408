import type { Kernel } from "../../kernel/index.ts"
import { BLAS_DECLARATIONS, blasBody } from "./blas.ts"
import { Helpers } from "./helpers.ts"
import { KernelWriter } from "./kernel-writer.ts"

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
  /** A file of some of the kernels, by their numbers. It exports `nabla_kernels` and `nabla_run`. */
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
`

/**
 * What the runtime calls. `nabla_kernels` gives the addresses of the file's kernels. `nabla_run` runs kernels of any
 * file, with the number of threads that may be used: `calls` holds, call by call, the address of the kernel, the number
 * of its buffers and their addresses, all as doubles, which JavaScript writes fastest and which hold any address.
 */
const entries = (names: readonly string[]): string => `
__attribute__((visibility("default"))) void nabla_kernels(f64* addresses) {
${names.map((name, i) => `  addresses[${i}] = (f64)(uintptr_t)${name};`).join("\n")}
}

__attribute__((visibility("default"))) void nabla_run(const f64* calls, f64 count, f64 threads) {
  for (i64 left = (i64)count; left > 0; left--) {
    void (*kernel)(char* const*, i32) = (void (*)(char* const*, i32))(uintptr_t)*calls++;
    i32 buffers = (i32)*calls++;
    char* p[buffers + 1];
    for (i32 i = 0; i < buffers; i++) p[i] = (char*)(uintptr_t)*calls++;
    kernel(p, (i32)threads);
  }
}
`

interface Rendered {
  readonly name: string
  /** A function that is called `kernel`. */
  readonly text: string
  readonly helpers: Helpers
  readonly blas: boolean
}

function renderKernel(kernel: Kernel, options: CRenderOptions): Rendered {
  const helpers = new Helpers()
  const body = (options.blas ? blasBody(kernel) : null) ?? undefined
  const text = new KernelWriter(kernel, helpers).run("kernel", body)
  return { name: kernel.name.replace(/[^\w ]/g, "_"), text, helpers, blas: body !== undefined }
}

function renderUnit(kernels: readonly Rendered[]): CUnit {
  const blas = kernels.some((kernel) => kernel.blas)
  const shared = new Map(kernels.flatMap(({ helpers }) => [...helpers.texts]))
  const own = Math.max(...kernels.map(({ helpers }) => helpers.ownBytes))
  const names = kernels.map((_, i) => `k${i}`)
  const text = [
    PROLOGUE,
    ...(blas ? [BLAS_DECLARATIONS] : []),
    ...(own > 0 ? [`static _Thread_local char own[${own}] __attribute__((aligned(64)));`] : []),
    ...shared.values(),
    ...kernels.map(({ name, text }, i) => `\n// ${name}\n${text.replace(" kernel(", ` k${i}(`)}`),
    entries(names),
  ]
  return { text: text.join("\n"), blas }
}

/** Renders kernels as C. */
export function renderC(kernels: readonly Kernel[], options: CRenderOptions): CText {
  const rendered = kernels.map((kernel) => renderKernel(kernel, options))
  return {
    kernels: rendered.map(({ text }) => text),
    unit: (which) => renderUnit(which.map((i) => rendered[i]!)),
  }
}
