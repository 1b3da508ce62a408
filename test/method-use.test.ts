import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { expect, test } from "vitest"
import { furtherMethods } from "../src/tensor/method-names.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Uses of methods that only the whole entry brings, in the layers, which must do without them. */
function usesOfFurtherMethods(program: ts.Program): string[] {
  const checker = program.getTypeChecker()
  const names = new Set(furtherMethods.flatMap((name) => [name, `${name}_`]))
  const found: string[] = []
  for (const file of program.getSourceFiles()) {
    const path = relative(root, file.fileName)
    if (!path.startsWith("src/") || path.endsWith(".test.ts")) continue
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node) && names.has(node.name.text)) {
        const type = checker.getTypeAtLocation(node.expression)
        if (type.symbol?.name === "Tensor" && type.isClassOrInterface()) {
          const { line } = file.getLineAndCharacterOfPosition(node.getStart())
          found.push(`${path}:${line + 1} .${node.name.text}`)
        }
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return found
}

test("layers call functions where a method comes with the whole entry only", { timeout: 120_000 }, () => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile)
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const files = fileNames.filter((name) => /[/\\]src[/\\]/.test(name) && !name.endsWith(".test.ts"))
  expect(usesOfFurtherMethods(ts.createProgram(files, options))).toEqual([])
})

test("such a use would be noticed", () => {
  const text = 'import { tensor } from "../src/tensor/index.ts"\ntensor([1]).cumsum(0)\n'
  const name = join(root, "src/imagined.ts")
  const host = ts.createCompilerHost({})
  const { getSourceFile, fileExists } = host
  host.fileExists = (path) => path === name || fileExists(path)
  host.getSourceFile = (path, version) =>
    path === name
      ? ts.createSourceFile(path, text.replace("../src", "."), version)
      : getSourceFile.call(host, path, version)
  const options = {
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    module: ts.ModuleKind.NodeNext,
  }
  expect(
    usesOfFurtherMethods(ts.createProgram([name], { ...options, target: ts.ScriptTarget.ES2022 }, host)),
  ).toEqual(["src/imagined.ts:2 .cumsum"])
})
