import { describe, expect, test } from "vitest"
import { lookUp, specification } from "./specification.ts"

const parse = specification("--optimizer")

describe("a specification", () => {
  test.for<[string, string, object]>([
    ["adam", "adam", {}],
    ["sgd:lr=0.1,momentum=0.9,nesterov", "sgd", { lr: 0.1, momentum: 0.9, nesterov: true }],
    ["adamw:weight-decay=1e-2", "adamw", { weightDecay: 0.01 }],
    ["adam:betas=0.9/0.999,amsgrad=false", "adam", { betas: [0.9, 0.999], amsgrad: false }],
    ["step:milestones=1ep/50%", "step", { milestones: ["1ep", "50%"] }],
    ["replay:file=runs/one/rates.json", "replay", { file: "runs/one/rates.json" }],
    ["replay:file=/1/rates", "replay", { file: "/1/rates" }],
    ["lbfgs:line-search-fn=null", "lbfgs", { lineSearchFn: null }],
  ])("%s", ([text, name, options]) => expect(parse(text)).toEqual({ name, options, text }))

  test.for(["", ":lr=1", "sgd:", "sgd:lr=", "sgd:=1", "sgd:lr=1=2", "sgd:lr=1,lr=2", "sgd:1=2", "sgd:lr=1,"])(
    "“%s” is none",
    (text) => expect(() => parse(text)).toThrow("NABLA_INVALID_OPTION"),
  )
})

test("names are found in any case, with and without dashes", () => {
  const table = [{ name: "cosine-restarts" }, { name: "adamw" }]
  expect(lookUp("--x", table, { name: "cosineRestarts" })).toBe(table[0])
  expect(lookUp("--x", table, { name: "AdamW" })).toBe(table[1])
  expect(() => lookUp("--x", table, { name: "adam" })).toThrow("cosine-restarts | adamw")
})
