import type { Kernel, MatrixProduct, StridedMatrix } from "../../kernel/index.ts"
import type { Sizes } from "./lift.ts"
import { NEARBY } from "./lift.ts"

/** CBLAS's names of the storage orders. */
const ROW_MAJOR = 101
const PLAIN = 111
const TRANSPOSED = 112

export const BLAS_DECLARATIONS = `
void cblas_sgemm(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
void cblas_dgemm(int, int, int, int, int, int, double, const double*, int, const double*, int, double, double*, int);
void openblas_set_num_threads(int) __attribute__((weak));
void MKL_Set_Num_Threads(int) __attribute__((weak));

/* The team shares out the work: threads of the library's own would fight it for the processors. */
static void one_thread(void) {
  static i32 set = 0;
  if (set) return;
  set = 1;
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  if (MKL_Set_Num_Threads) MKL_Set_Num_Threads(1);
}
`

/** Parts of the rows that one call of the library is for, and the fewest rows of one. */
const ROW_PARTS = 8
const FEWEST_ROWS = 64
/** Operations from which several threads share a product. */
const SHARED_FLOPS = 1e6

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

/** The text of a kernel, which is the same for products of all sizes, and its sizes. */
interface BlasText extends Sizes {
  readonly text: string
  readonly alike: () => string[]
}

/** A kernel as calls of CBLAS, or null when it is no product of matrices that CBLAS takes. */
export function blasKernel({ product, buffers, flops = 0 }: Kernel): BlasText | null {
  if (product === undefined || buffers.length < 3 || buffers[2]!.access !== "write") return null
  const { rows, columns, depth } = product
  const lhs = storage(product.lhs, rows, depth)
  const rhs = storage(product.rhs, depth, columns)
  if (lhs === null || rhs === null) return null
  const made = (threshold: number): Omit<BlasText, "alike"> =>
    blasText(product, lhs, rhs, flops >= threshold, buffers.length)
  return { ...made(SHARED_FLOPS), alike: () => NEARBY.map((factor) => made(factor * SHARED_FLOPS).text) }
}

/** Parts of the rows by fixed boundaries, for each matrix of the batch. */
function blasText(
  product: MatrixProduct,
  lhs: Storage,
  rhs: Storage,
  shared: boolean,
  sizesBuffer: number,
): Omit<BlasText, "alike"> {
  const { type, batch, rows, columns, depth } = product
  const integers: number[] = []
  const size = (value: number): string => `n[${integers.push(value) - 1}]`
  const most = Math.max(FEWEST_ROWS, Math.ceil(rows / ROW_PARTS))
  const parts = Math.ceil(rows / most)
  const turns = parts * batch.reduce((n, { extent }) => n * extent, 1)
  const index = batch.map(({ extent }, i) => {
    const inner = batch.slice(i + 1).reduce((n, dim) => n * dim.extent, parts)
    return `turn / ${size(inner)} % ${size(extent)}`
  })
  const address = (offset: number, row: number, strides: readonly number[]): string =>
    [size(offset), `i * ${size(row)}`, ...strides.map((stride, i) => `${index[i]} * ${size(stride)}`)].join(
      " + ",
    )
  const outStrides = batch.map((_, i) =>
    batch.slice(i + 1).reduce((n, { extent }) => n * extent, rows * columns),
  )
  const places = [
    address(
      product.lhs.offset,
      product.lhs.rowStride,
      batch.map((dim) => dim.lhs),
    ),
    address(
      product.rhs.offset,
      0,
      batch.map((dim) => dim.rhs),
    ),
    address(0, columns, outStrides),
  ]
  const pointers = places.map((place, i) => `(${type}*)p[${i}] + ${place}`)
  const name = type === "f32" ? "cblas_sgemm" : "cblas_dgemm"
  const orders = `${ROW_MAJOR}, ${lhs.order}, ${rhs.order}`
  const operands = [
    ...[pointers[0], size(lhs.leading), pointers[1], size(rhs.leading)],
    ...[0, pointers[2], size(columns)],
  ].join(", ")
  const [part, all, count] = [size(most), size(rows), size(turns)]
  const text = `static void KERNEL_part0(const void* frame, i64 from, i64 to, char* own) {
  char* const* p = frame;
  const i32* n = (const i32*)p[${sizesBuffer}];
  for (i64 turn = from; turn < to; turn++) {
    i64 i = turn % ${size(parts)} * ${part}, some = i + ${part} > ${all} ? ${all} - i : ${part};
    ${name}(${orders}, some, ${size(columns)}, ${size(depth)}, 1, ${operands});
  }
}
static void KERNEL(char* const* p, const team* team) {
  const i32* n = (const i32*)p[${sizesBuffer}];
  one_thread();
  ${shared ? `team->share(KERNEL_part0, p, ${count}, 0)` : `KERNEL_part0(p, 0, ${count}, 0)`};
}`
  return { text, integers, floats: [] }
}
