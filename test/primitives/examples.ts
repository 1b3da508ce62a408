import type { DType } from "../../src/base/index.ts"
import type { Attrs } from "../../src/graph/index.ts"
import { aval } from "../../src/graph/index.ts"
import * as ops from "../../src/ops/index.ts"
import type { Argument, Example } from "./harness.ts"
import { matrixExamples } from "./matrix-examples.ts"

/** Examples of every primitive: ordinary shapes, vectors with a remainder, sizes of one and zero. */

type Draw = (u: number) => number
const positive: Draw = (u) => 0.2 + 3 * u
const unit: Draw = (u) => 1.8 * u - 0.9
const aboveOne: Draw = (u) => 1.1 + 3 * u
const whole: Draw = (u) => Math.floor(12 * u) - 6
const coin: Draw = (u) => (u < 0.5 ? 0 : 1)
/** Distinct from the integers, where rounding jumps. */
const offGrid: Draw = (u) => Math.floor(12 * u) - 6 + 0.3 + 0.2 * u

const shapes = [[2, 3, 5], [37], [1], [], [0, 3]]

function example<A extends Attrs>(
  op: ops.Primitive<A>,
  inputs: readonly Argument[],
  attrs: A | ((dtype: DType) => A),
  more: Partial<Example> = {},
): Example {
  return { op: ops.erase(op), inputs, attrs, ...more }
}

function unary(op: ops.Primitive<ops.NoAttrs>, draw?: Draw, more: Partial<Example> = {}): Example[] {
  return shapes.map((shape) =>
    example(op, [draw === undefined ? { shape } : { shape, draw }], ops.noAttrs, more),
  )
}

function binary(
  op: ops.Primitive<ops.NoAttrs>,
  draws: readonly (Draw | undefined)[] = [],
  more: Partial<Example> = {},
): Example[] {
  return shapes.slice(0, 3).map((shape) => {
    const inputs = [0, 1].map(
      (i): Argument => (draws[i] === undefined ? { shape } : { shape, draw: draws[i] }),
    )
    return example(op, inputs, ops.noAttrs, more)
  })
}

function integers(op: ops.Primitive<ops.NoAttrs>, dtype: DType, draw: Draw, count: number): Example {
  const inputs = Array.from({ length: count }, (): Argument => ({ shape: [7], dtype, draw }))
  return example(op, inputs, ops.noAttrs, { flat: true, note: dtype })
}

const elementwise: Example[] = [
  ...[
    ops.negOp,
    ops.absOp,
    ops.expOp,
    ops.exp2Op,
    ops.expm1Op,
    ops.sinOp,
    ops.cosOp,
    ops.tanhOp,
    ops.sinhOp,
    ops.coshOp,
  ].flatMap((op) => unary(op)),
  ...[ops.atanOp, ops.asinhOp, ops.erfOp, ops.erfcOp, ops.sigmoidOp].flatMap((op) => unary(op)),
  ...[ops.sqrtOp, ops.logOp, ops.log2Op, ops.log10Op, ops.log1pOp, ops.lgammaOp, ops.digammaOp].flatMap(
    (op) => unary(op, positive, { tolerance: 5e-5 }),
  ),
  ...[ops.asinOp, ops.acosOp, ops.atanhOp, ops.erfinvOp, ops.tanOp].flatMap((op) => unary(op, unit)),
  ...unary(ops.acoshOp, aboveOne),
  ...[ops.floorOp, ops.ceilOp, ops.truncOp, ops.roundOp, ops.signOp].flatMap((op) => unary(op, offGrid)),
  ...unary(ops.detachOp, undefined, { flat: true }),
  ...[ops.addOp, ops.subOp, ops.mulOp, ops.maximumOp, ops.minimumOp, ops.atan2Op, ops.hypotOp].flatMap((op) =>
    binary(op),
  ),
  ...binary(ops.divOp, [undefined, positive]),
  ...binary(ops.powOp, [positive, undefined]),
  ...binary(ops.fmodOp, [(u) => 5 * u + 0.1, (u) => 7 + u]),
  ...binary(ops.remainderOp, [(u) => 5 * u + 0.1, (u) => -7 - u]),
  ...[ops.eqOp, ops.neOp, ops.ltOp, ops.leOp, ops.gtOp, ops.geOp].flatMap((op) =>
    binary(op, [whole, whole], { flat: true }),
  ),
  ...[
    ops.addOp,
    ops.subOp,
    ops.mulOp,
    ops.maximumOp,
    ops.minimumOp,
    ops.fmodOp,
    ops.remainderOp,
    ops.xorOp,
    ops.mulHighOp,
    ops.andOp,
    ops.orOp,
  ].map((op) => integers(op, "int32", whole, 2)),
  ...[ops.shiftLeftOp, ops.shiftRightOp].map((op) => integers(op, "int32", (u) => Math.floor(20 * u), 2)),
  ...[ops.andOp, ops.orOp, ops.xorOp, ops.eqOp].map((op) => integers(op, "bool", coin, 2)),
  ...[ops.notOp].map((op) => integers(op, "bool", coin, 1)),
  ...[ops.negOp, ops.absOp, ops.signOp].map((op) => integers(op, "int32", whole, 1)),
  ...[1, 2, 3].map((n) =>
    example(
      ops.polygammaOp,
      [{ shape: [9], draw: (u) => 6 * u - 1.9 }],
      { n },
      { tolerance: 3e-4, note: `order ${n}` },
    ),
  ),
  example(
    ops.whereOp,
    [{ shape: [4, 5], dtype: "bool", draw: coin }, { shape: [4, 5] }, { shape: [4, 5] }],
    ops.noAttrs,
  ),
  ...(["float32", "float64", "int32", "bool"] as const).map((dtype) =>
    example(
      ops.castOp,
      [{ shape: [3, 7], draw: offGrid }],
      { dtype },
      { flat: dtype !== "float64", note: `to ${dtype}` },
    ),
  ),
  example(ops.castOp, [{ shape: [9], dtype: "bool", draw: coin }], (dtype) => ({ dtype }), {
    note: "from bool",
  }),
]

const views: Example[] = [
  example(ops.reshapeOp, [{ shape: [4, 6] }], { shape: [3, 2, 4] }),
  example(ops.reshapeOp, [{ shape: [0, 6] }], { shape: [3, 0] }),
  example(ops.expandOp, [{ shape: [3, 1, 5] }], { shape: [2, 3, 4, 5] }),
  example(ops.expandOp, [{ shape: [] }], { shape: [9] }),
  example(ops.permuteOp, [{ shape: [2, 3, 5] }], { dims: [2, 0, 1] }),
  ...unary(ops.materializeOp),
  example(ops.sliceOp, [{ shape: [7, 9] }], { start: [1, 8], size: [3, 5], step: [2, -2] }),
  example(ops.sliceOp, [{ shape: [7] }], { start: [0], size: [0], step: [1] }, { note: "empty" }),
  example(ops.padOp, [{ shape: [3, 5] }], { shape: [6, 11], low: [1, 0], interior: [0, 1], value: 1.5 }),
  example(ops.catOp, [{ shape: [2, 3] }, { shape: [2, 4] }, { shape: [2, 0] }], { dim: 1 }),
  example(ops.diagonalOp, [{ shape: [2, 4, 4] }], ops.noAttrs),
  example(ops.diagonalEmbedOp, [{ shape: [2, 4] }], ops.noAttrs),
  example(ops.windowsOp, [{ shape: [2, 3, 9, 8] }], {
    dims: [2, 3],
    size: [3, 2],
    stride: [2, 1],
    dilation: [1, 2],
  }),
  example(ops.foldOp, [{ shape: [2, 3, 4, 6, 3, 2] }], {
    dims: [2, 3],
    size: [3, 2],
    stride: [2, 1],
    dilation: [1, 2],
    shape: [2, 3, 9, 8],
  }),
]

const reductions: Example[] = [
  ...[[0], [1], [2], [0, 2], [0, 1, 2], [1, 2]].map((dims) =>
    example(ops.sumOp, [{ shape: [3, 6, 5] }], { dims }, { note: `over ${dims}` }),
  ),
  example(ops.sumOp, [{ shape: [5000] }], { dims: [0] }, { note: "in blocks" }),
  example(ops.sumOp, [{ shape: [1200, 7] }], { dims: [0] }, { note: "down columns" }),
  example(ops.sumOp, [{ shape: [0, 4] }], { dims: [0] }, { note: "of nothing" }),
  example(
    ops.sumOp,
    [{ shape: [9], dtype: "bool", draw: coin }],
    { dims: [0] },
    { flat: true, note: "of bools" },
  ),
  ...(["even", "first"] as const).flatMap((ties) =>
    [ops.maxOp, ops.minOp].flatMap((op) =>
      [[0], [1], [0, 1]].map((dims) =>
        example(op, [{ shape: [6, 11] }], { dims, ties }, { note: `${ties}, over ${dims}` }),
      ),
    ),
  ),
  example(
    ops.maxOp,
    [{ shape: [3, 9], dtype: "int32", draw: whole }],
    { dims: [1], ties: "first" },
    { flat: true, note: "int32" },
  ),
  example(ops.prodOp, [{ shape: [3, 5] }], { dims: [1] }),
  example(ops.prodOp, [{ shape: [3, 2, 4] }], { dims: [0, 2] }),
]

const contractions: Example[] = [
  example(ops.dotOp, [{ shape: [3, 4] }, { shape: [4, 5] }], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [1],
    rhsContract: [0],
  }),
  example(ops.dotOp, [{ shape: [5, 2, 3] }, { shape: [3, 4, 2] }], {
    lhsBatch: [1],
    rhsBatch: [2],
    lhsContract: [2],
    rhsContract: [0],
  }),
  example(ops.dotOp, [{ shape: [4, 3, 2] }, { shape: [2, 3, 5] }], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [2, 1],
    rhsContract: [0, 1],
  }),
  example(ops.dotOp, [{ shape: [6] }, { shape: [6] }], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [0],
    rhsContract: [0],
  }),
  example(
    ops.dotOp,
    [{ shape: [33, 40] }, { shape: [21, 40] }],
    { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] },
    { note: "tiled" },
  ),
  example(
    ops.dotOp,
    [{ shape: [2, 13, 300] }, { shape: [2, 300, 9] }],
    { lhsBatch: [0], rhsBatch: [0], lhsContract: [2], rhsContract: [1] },
    { note: "tiled, deep" },
  ),
]

const below =
  (n: number): Draw =>
  (u) =>
    Math.floor(n * u)
const rows: ops.IndexMap = {
  table: [6, 5],
  picked: [3, 4, 5],
  sources: [
    { kind: "tensor", tensor: 0, at: [0, 1] },
    { kind: "slice", dim: 2, start: 0, step: 1 },
  ],
}
const mixed: ops.IndexMap = {
  table: [3, 9, 4, 2],
  picked: [4, 3, 5],
  sources: [
    { kind: "tensor", tensor: 0, at: [2] },
    { kind: "slice", dim: 1, start: 7, step: -3 },
    { kind: "tensor", tensor: 1, at: [0, 2] },
    { kind: "fixed", at: 1 },
  ],
}
const rowInputs: Argument[] = [{ shape: [3, 4], dtype: "int32", draw: below(6) }]
const mixedInputs: Argument[] = [
  { shape: [5], dtype: "int32", draw: below(3) },
  { shape: [4, 5], dtype: "int32", draw: below(4) },
]

const indexing: Example[] = [
  example(ops.gatherOp, [{ shape: [6, 5] }, ...rowInputs], rows, { note: "rows" }),
  example(ops.gatherOp, [{ shape: [3, 9, 4, 2] }, ...mixedInputs], mixed, { note: "mixed" }),
  example(ops.scatterSumOp, [{ shape: [3, 4, 5] }, ...rowInputs], rows, { note: "rows" }),
  example(ops.scatterSumOp, [{ shape: [4, 3, 5] }, ...mixedInputs], mixed, { note: "mixed" }),
  example(ops.scatterSetOp, [{ shape: [6, 5] }, { shape: [3, 4, 5] }, ...rowInputs], rows, { note: "rows" }),
  example(ops.scatterSetOp, [{ shape: [3, 9, 4, 2] }, { shape: [4, 3, 5] }, ...mixedInputs], mixed, {
    note: "mixed",
  }),
  ...(["max", "min"] as const).map((extreme) =>
    example(
      ops.scatterExtremeOp,
      [{ shape: [6, 5] }, { shape: [3, 4, 5] }, ...rowInputs],
      { ...rows, extreme, identity: extreme === "max" ? -Infinity : Infinity },
      { note: extreme },
    ),
  ),
  example(ops.scatterProductOp, [{ shape: [6, 5] }, { shape: [3, 4, 5] }, ...rowInputs], rows, {
    note: "rows",
  }),
]

const scanned: Draw = (u) => Math.floor(5 * u)
const scans: Example[] = [
  ...[
    { dim: 0, reverse: false },
    { dim: 1, reverse: true },
    { dim: 2, reverse: false },
  ].flatMap((attrs) => [
    example(ops.cumsumOp, [{ shape: [3, 4, 5] }], attrs, { note: `along ${attrs.dim}` }),
    example(ops.recurrenceOp, [{ shape: [3, 4, 5] }, { shape: [3, 4, 5] }], attrs, {
      note: `along ${attrs.dim}`,
    }),
  ]),
  ...[[1], [0], [2, 0, 3]].flatMap((shape) => [
    example(ops.cumsumOp, [{ shape }], { dim: shape.length - 1, reverse: false }, { note: "short" }),
    example(
      ops.recurrenceOp,
      [{ shape }, { shape }],
      { dim: shape.length - 1, reverse: true },
      { note: "short" },
    ),
  ]),
  example(ops.cumsumOp, [{ shape: [2, 300] }], { dim: 1, reverse: true }, { note: "in blocks" }),
  ...(["max", "min"] as const).map((of) =>
    example(
      ops.runningIndexOp,
      [{ shape: [3, 7], draw: scanned }],
      { dim: 1, reverse: false, of },
      { flat: true, note: of },
    ),
  ),
]

const sorting: Example[] = [
  ...[[5], [8], [9], [100], [1], [0]].map((shape) =>
    example(
      ops.argsortOp,
      [{ shape, draw: scanned }],
      { dim: 0, descending: false },
      { flat: true, note: `of ${shape}` },
    ),
  ),
  ...[false, true].flatMap((descending) => [
    example(ops.argsortOp, [{ shape: [3, 20, 2] }], { dim: 1, descending }, { flat: true }),
    example(
      ops.argsortOp,
      [{ shape: [3, 21], dtype: "int32", draw: scanned }],
      { dim: 1, descending },
      { flat: true, note: "int32" },
    ),
    example(
      ops.argsortOp,
      [{ shape: [3, 21], dtype: "bool", draw: coin }],
      { dim: 1, descending },
      { flat: true, note: "bool" },
    ),
    example(
      ops.searchSortedOp,
      [
        { shape: [1, 4], dtype: "int32", draw: () => 2 },
        { shape: [1, 6], dtype: "int32", draw: scanned },
      ],
      { right: descending },
      { flat: true },
    ),
  ]),
]

const sources: Example[] = [
  example(ops.constantOp, [], (dtype) => ({ value: 1.25, type: aval([2, 3], dtype) })),
  example(ops.iotaOp, [], { shape: [3, 4, 5], dims: [0, 2] }),
  example(
    ops.randomBitsOp,
    [
      { shape: [2], dtype: "int32", draw: (u) => u * 2 ** 31 },
      { shape: [2], dtype: "int32", draw: (u) => u * 2 ** 31 },
      { shape: [], dtype: "int32", draw: (u) => u * 2 ** 31 },
    ],
    { shape: [3, 7], batch: 0 },
    { flat: true },
  ),
]

export const examples: readonly Example[] = [
  ...elementwise,
  ...views,
  ...reductions,
  ...contractions,
  ...indexing,
  ...scans,
  ...sorting,
  ...sources,
  ...matrixExamples,
]
