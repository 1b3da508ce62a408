/**
 * The layer table of docs/architecture.md as rules: which folder of src may import which.
 * `npm run check:layers` runs them and also fails when files were left out of the cruise.
 */

const aboveTensor = [
  "base",
  "tensor",
  "nn",
  "optim",
  "schedules",
  "io",
  "onnx",
  "data",
  "surfaces",
  "diagnostics",
  "train",
]

/** layer → the layers it may import; its own folder is always allowed. */
const allow = {
  base: [],
  graph: ["base"],
  kernel: ["base"],
  ops: ["base", "graph", "kernel"],
  autodiff: ["base", "graph", "ops"],
  plan: ["base", "graph", "kernel", "ops"],
  render: ["base", "kernel"],
  runtime: ["base"],
  "runtime/reference": ["base", "kernel"],
  engine: ["base", "graph", "kernel", "plan", "render", "runtime"],
  tensor: ["base", "graph", "ops", "autodiff", "engine"],
  nn: ["base", "tensor"],
  schedules: ["base"],
  optim: ["base", "tensor", "schedules"],
  io: ["base", "tensor"],
  onnx: ["base", "graph", "ops", "tensor", "io"],
  surfaces: ["base", "tensor"],
  data: ["base", "tensor", "io"],
  diagnostics: ["base", "tensor", "nn", "io"],
  train: aboveTensor.filter((layer) => layer !== "train"),
  cli: aboveTensor,
}

const testFile = "[.]test[.]ts$"

/** The layers whose front door is a public entry point of the package. */
const publicLayers = "tensor|nn|optim|schedules|surfaces|data|io|onnx|diagnostics|train"
/** A layer that also reads files has a second front door for that, so that the first one stays fit for the browser. */
const publicEntry = `^src/(index|node)[.]ts$|^src/(${publicLayers})/(index|node)[.]ts$`
/** What the whole entry has and the layers do without, for the sake of small bundles. */
const everyMethod = "^src/tensor/methods[.]ts$"

/**
 * @param {string} name
 * @param {object} from
 * @param {object} to
 */
const error = (name, from, to) => ({ name, severity: "error", from, to })

/**
 * One row of the table. Runtime has an exception of its own: only the reference runtime reads the kernel IR.
 *
 * @param {[string, string[]]} row
 */
function layerRule([layer, allowed]) {
  const exempt = layer === "runtime" ? [testFile, "^src/runtime/reference/"] : [testFile]
  const reachable = layer === "runtime/reference" ? ["runtime", ...allowed] : [layer, ...allowed]
  return error(
    `layer-${layer.replace("/", "-")}`,
    { path: `^src/${layer}/`, pathNot: exempt },
    { path: "^src/", pathNot: reachable.map((name) => `^src/${name}/`) },
  )
}

/** The folders that src may hold; anything else is in no row of the table, so no rule would guard it. */
export const layers = Object.keys(allow).filter((layer) => !layer.includes("/"))

export default {
  forbidden: [
    error("no-cycles", {}, { circular: true }),
    // What Svelte's compiler writes, and modules that a plug-in makes, are resolved by the bundler.
    error(
      "resolvable",
      { pathNot: "^apps/lab/[^/]*[.]config[.][jt]s$" },
      { couldNotResolve: true, pathNot: "^(svelte/internal/|virtual:)" },
    ),
    // A package that users may add (a peer) is one of development here, for the tests.
    error(
      "declared",
      { path: "^src/", pathNot: testFile },
      { dependencyTypes: ["npm-dev", "npm-no-pkg"], dependencyTypesNot: ["npm-peer"] },
    ),
    error(
      "only-the-cli-has-packages",
      { path: "^src/", pathNot: ["^src/cli/", "^src/(io|data|diagnostics)/", testFile] },
      { dependencyTypes: ["npm"] },
    ),
    // Parsers of other people's formats, in io and data, and the drawing of pictures, in diagnostics: loaded when they are
    // used, so that no page carries them unused.
    error(
      "readers-load-packages-lazily",
      { path: "^src/(io|data|diagnostics)/", pathNot: testFile },
      { dependencyTypes: ["npm"], dependencyTypesNot: ["type-only", "type-import"], dynamic: false },
    ),
    error(
      "peers-are-blind",
      { path: "^src/(render|runtime)/([^/]+)/", pathNot: testFile },
      { path: "^src/$1/[^/]+/", pathNot: "^src/$1/$2/" },
    ),
    error(
      "no-deep-imports",
      { path: "^src/([^/]+)/" },
      {
        path: "^src/[^/]+/",
        pathNot: [
          "^src/$1/",
          "^src/[^/]+/(index|node)[.]ts$",
          "^src/(render|runtime)/[^/]+/(index|node)[.]ts$",
        ],
      },
    ),
    error(
      "entry-uses-front-doors",
      { path: "^src/index[.]ts$" },
      { path: "^src/", pathNot: `${publicEntry}|^src/base/index[.]ts$|${everyMethod}` },
    ),
    ...Object.entries(allow).map(layerRule),
    error(
      "public-entry-points-only",
      { path: "^(apps|bench|examples|conformance)/" },
      { path: "^src/", pathNot: publicEntry },
    ),
    error(
      "src-stands-alone",
      { path: "^src/" },
      { path: "^(apps|bench|conformance|examples|scripts|test)/" },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
    exclude: { path: "(^|/)dist/" },
  },
}
