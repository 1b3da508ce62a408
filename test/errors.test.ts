import { expect, test } from "vitest"
import * as nabla from "../src/index.ts"

/** Functions that take no tensor, take a function, or have arguments that may all be left out. */
const others = new Set(
  `checkpoint composed customFunction defaultDevice deviceInfo enableGrad enterModule grad gradcheck graphOf hessian hvp
  deviceCeilings isGradEnabled jacfwd jacobian jacrev jvp leaveModule linearize manualSeed memory noGrad profile realize setKernelChecks
  toDot toMermaid update valueAndGrad vjp vmap trilIndices triuIndices compile hostNumber hostWork isCapturing updateLater
  distinguishCaptures saturationOf watchActivations watchUpdates withValues`.split(/\s+/),
)

const functions = Object.entries(nabla).filter(
  ([name, value]) => typeof value === "function" && /^[a-z]/.test(name) && !others.has(name),
) as [string, (...args: unknown[]) => unknown][]

test("there are many functions", () => {
  expect(functions.length).toBeGreaterThan(250)
})

test.each(functions)("%s explains arguments of the wrong kind", (name, f) => {
  for (const wrong of ["nonsense", null, {}, Symbol("s")]) {
    try {
      f(wrong, wrong, wrong)
    } catch (error) {
      expect(error).toBeInstanceOf(nabla.NablaError)
      const { code, message } = error as nabla.NablaError
      expect(code).not.toBe("NABLA_INTERNAL")
      expect(message).toMatch(/what to do: /)
      continue
    }
    expect.fail(`${name}(${String(wrong)}) went through`)
  }
})
