import type { Kernel, MatrixProduct, StridedMatrix } from "../../kernel/index.ts"

/** CBLAS's names of the storage orders. */
const ROW_MAJOR = 101
const PLAIN = 111
const TRANSPOSED = 112

export const BLAS_DECLARATIONS = `
void cblas_sgemm(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
void cblas_dgemm(int, int, int, int, int, int, double, const double*, int, const double*, int, double, double*, int);
void openblas_set_num_threads(int) __attribute__((weak));

static void limit_threads(i32 threads) {
  static i32 limit = 0;
  if (limit == threads) return;
  limit = threads;
  if (openblas_set_num_threads) openblas_set_num_threads(threads);
}
`

interface Storage {
  readonly order: number
  readonly leading: number
}

/** How a library would be told of a matrix, or null when neither its rows nor its columns are contiguous. */
function storage(matrix: StridedMatrix, rows: number, columns: number): Storage | null {
  const { rowStride, columnStride } = matrix
  const rowMajor = columnStride === 1 || columns === 1
  if (rowMajor && (rowStride >= columns || rows === 1)) {
    return { order: PLAIN, leading: Math.max(rowStride, columns) }
  }
  const columnMajor = rowStride === 1 || rows === 1
  if (columnMajor && (columnStride >= rows || columns === 1)) {
    return { order: TRANSPOSED, leading: Math.max(columnStride, rows) }
  }
  return null
}

/** The body of a kernel as calls of CBLAS, or null when it is no product of matrices that CBLAS takes. */
export function blasBody({ product, buffers }: Kernel): string[] | null {
  if (product === undefined || buffers[2]?.access !== "write") return null
  const { rows, columns, depth } = product
  const lhs = storage(product.lhs, rows, depth)
  const rhs = storage(product.rhs, depth, columns)
  return lhs === null || rhs === null ? null : calls(product, lhs, rhs)
}

function calls(product: MatrixProduct, lhs: Storage, rhs: Storage): string[] {
  const { type, batch, rows, columns, depth } = product
  const dims = batch.filter(({ extent }) => extent > 1)
  const loops = dims.map(({ extent }, i) => `for (i64 i${i} = 0; i${i} < ${extent}; i${i}++)`)
  const address = (offset: number, stride: "lhs" | "rhs"): string =>
    [String(offset), ...dims.map((dim, i) => `i${i} * ${dim[stride]}`)].join(" + ")
  const outStrides = dims.map((_, i) =>
    dims.slice(i + 1).reduce((size, { extent }) => size * extent, rows * columns),
  )
  const out = ["0", ...outStrides.map((stride, i) => `i${i} * ${stride}`)].join(" + ")
  const left = `b0 + ${address(product.lhs.offset, "lhs")}, ${lhs.leading}`
  const right = `b1 + ${address(product.rhs.offset, "rhs")}, ${rhs.leading}`
  const sizes = `${rows}, ${columns}, ${depth}, 1`
  const name = type === "f32" ? "cblas_sgemm" : "cblas_dgemm"
  const call = `${name}(${ROW_MAJOR}, ${lhs.order}, ${rhs.order}, ${sizes}, ${left}, ${right}, 0, b2 + ${out}, ${columns});`
  return ["limit_threads(threads);", ...loops, `  ${call}`]
}
