import { describe, expect, test } from "vitest"
import { type Host, plainHost } from "./host.ts"
import { Interpreter } from "./interpreter.ts"
import { HostClass, type Instance, type Keywords, Tuple, type Value } from "./values.ts"

/** Expected values are Python 3.11's own answers. */
const evaluate = (source: string, names: Record<string, Value> = {}) =>
  new Interpreter(plainHost).evaluate(source, Object.entries(names))

/** Runs statements and gives the name `result`. */
function run(source: string): Value {
  const interpreter = new Interpreter(plainHost)
  interpreter.run(source)
  return interpreter.get("result")
}

describe("numbers", () => {
  test.each<[string, Value]>([
    ["7 // 2", 3n],
    ["-7 // 2", -4n],
    ["7 // -2", -4n],
    ["-7 % 3", 2n],
    ["7 % -3", -2n],
    ["-7.5 % 2", 0.5],
    ["7 / 2", 3.5],
    ["6 / 2", 3],
    ["2 ** 10", 1024n],
    ["2 ** -1", 0.5],
    ["2 ** 3 ** 2", 512n],
    ["-2 ** 2", -4n],
    ["(-2) ** 2", 4n],
    ["2 ** -1 ** 2", 0.5],
    ["1 + 2.0", 3],
    ["True + 1", 2n],
    ["10 ** 20 + 1", 100000000000000000001n],
    ["1e-3", 0.001],
    ["1. + .5", 1.5],
    ["0x10 + 0b11 + 1_000", 1019n],
    ["~5 & 6 | 1 ^ 8 << 1", 19n],
    ["round(2.5)", 2n],
    ["round(3.5)", 4n],
    ["round(-2.567, 1)", -2.6],
    ["abs(-3)", 3n],
    ["int(-3.9)", -3n],
    ["float('inf')", Number.POSITIVE_INFINITY],
    ["float('-inf')", Number.NEGATIVE_INFINITY],
    ["float(3)", 3],
    ["int('12')", 12n],
    ["max(1, 3, 2)", 3n],
    ["min([4, 2.5])", 2.5],
    ["sum([1, 2, 3])", 6n],
    ["math.sqrt(16)", 4],
    ["math.floor(-1.5)", -2n],
    ["math.pi", Math.PI],
    ["divmod(-7, 2)[1]", 1n],
  ])("%s", (source, expected) => {
    expect(evaluate(source)).toStrictEqual(expected)
  })
})

describe("logic", () => {
  test.each<[string, Value]>([
    ["1 < 2 < 3", true],
    ["1 < 3 < 2", false],
    ["1 < 2 == 2", true],
    ["3 > 2 > 2", false],
    ["not True and False", false],
    ["not (True and False)", true],
    ["False and not True or True", true],
    ["True or not True or 1 / 0", true],
    ["not 1 == 2", true],
    ["not 1 == 2 and False", false],
    ["0 or 'x'", "x"],
    ["[] and 1 or 2", 2n],
    ["1 if [] else 2", 2n],
    ["1 if not [] else 2", 1n],
    ["None is None", true],
    ["1 is not None", true],
    ["2 in [1, 2]", true],
    ["3 not in (1, 2)", true],
    ["'a' in 'cat'", true],
    ["'k' in {'k': 1}", true],
    ["(1, 2) == (1, 2.0)", true],
    ["(1, 2) < (1, 3)", true],
    ["1 == True", true],
    ["any(x > 2 for x in [1, 2, 3])", true],
    ["all(x > 2 for x in [1, 2, 3])", false],
    ["float('nan') == float('nan')", false],
    ["float('nan') <= 1.0", false],
    ["isinstance(1, (float, int))", true],
    ["isinstance(1.0, int)", false],
  ])("%s", (source, expected) => {
    expect(evaluate(source)).toStrictEqual(expected)
  })
})

describe("sequences, dicts and strings", () => {
  test.each<[string, Value]>([
    ["[1, 2, 3][-1]", 3n],
    ["[1, 2, 3, 4][1:3]", [2n, 3n]],
    ["[1, 2, 3, 4][::-1]", [4n, 3n, 2n, 1n]],
    ["[1, 2, 3, 4][-1:0:-2]", [4n, 2n]],
    ["[1, 2, 3][5:]", []],
    ["(1, 2, 3)[1:]", new Tuple([2n, 3n])],
    ["'abc'[1]", "b"],
    ["[*[1, 2], 3]", [1n, 2n, 3n]],
    ["(1,)", new Tuple([1n])],
    ["()", new Tuple([])],
    ["(1)", 1n],
    ["[0] * 2 + [1]", [0n, 0n, 1n]],
    ["(1, 2) * 2", new Tuple([1n, 2n, 1n, 2n])],
    [
      "[[1, 2]] * 2",
      [
        [1n, 2n],
        [1n, 2n],
      ],
    ],
    ["{'a': 1, **{'b': 2}}['b']", 2n],
    ["{k: v * 2 for k, v in [('a', 1)]}['a']", 2n],
    [
      "[(a, b) for a in range(3) if a for b in range(a)]",
      [
        [1n, 0n],
        [2n, 0n],
        [2n, 1n],
      ].map((p) => new Tuple(p)),
    ],
    ["[x for x, in zip([1, 2])]", [1n, 2n]],
    ["list(range(5, 0, -2))", [5n, 3n, 1n]],
    ["list(enumerate('ab', 1))", [new Tuple([1n, "a"]), new Tuple([2n, "b"])]],
    ["list(reversed([1, 2]))", [2n, 1n]],
    ["list(map(lambda x: x + 1, [1, 2]))", [2n, 3n]],
    ["sorted([3, 1, 2], reverse=True)", [3n, 2n, 1n]],
    ["sorted(['bb', 'a'], key=lambda s: len(s))", ["a", "bb"]],
    ["len({'a': 1})", 1n],
    ["{'a': None}.get('a', 3)", null],
    ["{'a': 1}.get('b', 3)", 3n],
    ["'a' 'b'", "ab"],
    ["f'x{1 + 1}y'", "x2y"],
    [`"it\\'s\\n" r'\\d'`, "it's\n\\d"],
    ["','.join(['a', 'b'])", "a,b"],
  ])("%s", (source, expected) => {
    expect(evaluate(source)).toStrictEqual(expected)
  })
})

describe("functions", () => {
  test.each<[string, Value]>([
    [
      "(lambda x, y=2, *r, k=1, **o: (x, y, r, k, o['z']))(1, z=9)",
      new Tuple([1n, 2n, new Tuple([]), 1n, 9n]),
    ],
    ["(lambda *a: a)(*[1, 2], 3)", new Tuple([1n, 2n, 3n])],
    ["(lambda a, b: a - b)(b=1, a=3)", 2n],
    ["(lambda a, b: a - b)(**{'a': 5, 'b': 1})", 4n],
    ["(lambda a=None: a)()", null],
    ["(lambda a, b=1: b)(1, None)", null],
    ["(lambda f: f(3))(lambda x: x ** 2)", 9n],
    ["(y := 3) + y", 6n],
  ])("%s", (source, expected) => {
    expect(evaluate(source)).toStrictEqual(expected)
  })

  test("wrong calls are errors", () => {
    expect(() => evaluate("(lambda a: a)()")).toThrow("misses its argument a")
    expect(() => evaluate("(lambda a: a)(1, 2)")).toThrow("takes 1 arguments")
    expect(() => evaluate("(lambda a: a)(1, b=2)")).toThrow("does not know b")
    expect(() => evaluate("nothing")).toThrow("nothing is not defined")
    expect(() => evaluate("1 +")).toThrow("cannot read this Python")
    expect(() => evaluate("[].foo")).toThrow("list has no foo")
    expect(() => evaluate("1 // 0")).toThrow("ZeroDivisionError")
  })
})

describe("statements", () => {
  test.each<[string, string, Value]>([
    ["assignment to several targets", "a = b, c = 1, 2\nresult = [a, b, c]", [new Tuple([1n, 2n]), 1n, 2n]],
    ["starred unpacking", "a, *b, c = range(5)\nresult = [a, b, c]", [0n, [1n, 2n, 3n], 4n]],
    ["nested unpacking", "a, (b, c) = 1, (2, 3)\nresult = b + c", 5n],
    ["augmented assignment", "x = [1]\ny = x\ny += [2]\nx[0] *= 5\nresult = x", [5n, 2n]],
    ["annotated assignment", "result: int = 3", 3n],
    ["elif", "x = 2\nif x == 1: result = 1\nelif x == 2:\n  result = 20; y = 1\nelse: result = 3", 20n],
    ["while with break", "n = 0\nwhile True:\n  n += 1\n  if n > 4: break\nresult = n", 5n],
    ["for with continue", "result = 0\nfor i in range(6):\n  if i % 2: continue\n  result += i", 6n],
    ["for else", "for i in []:\n  pass\nelse:\n  result = 1", 1n],
    ["break skips else", "result = 0\nfor i in [1]:\n  break\nelse:\n  result = 1", 0n],
    [
      "for over tuples",
      "result = 0\nfor i, (a, b) in enumerate(zip([1, 2], [3, 4])):\n  result += i * a * b",
      8n,
    ],
    ["comments", "# one\nresult = 1  # two\n# three", 1n],
    ["return without value", "def f():\n  return\nresult = f()", null],
    ["recursion", "def f(n):\n  return 1 if n == 0 else n * f(n - 1)\nresult = f(20)", 2432902008176640000n],
    ["closures", "def f(x):\n  def g(y):\n    return x + y\n  return g\nresult = f(1)(2)", 3n],
    ["locals do not leak", "x = 1\ndef f():\n  x = 2\n  return x\nresult = (f(), x)", new Tuple([2n, 1n])],
    ["None is a value of a local", "x = 1\ndef f():\n  x = None\n  return x\nresult = f()", null],
    [
      "nonlocal",
      "def f():\n  n = 0\n  def g():\n    nonlocal n\n    n += 1\n  g(); g()\n  return n\nresult = f()",
      2n,
    ],
    ["global", "n = 0\ndef f():\n  global n\n  n = 5\nf()\nresult = n", 5n],
    ["defaults are evaluated once", "n = 1\ndef f(x=n):\n  return x\nn = 2\nresult = f()", 1n],
    [
      "decorator",
      "def twice(f):\n  return lambda x: f(f(x))\n@twice\ndef g(x):\n  return x * 3\nresult = g(1)",
      9n,
    ],
    ["assert", "assert 1 == 1, 'fine'\nresult = 1", 1n],
    [
      "return from a loop",
      "def f():\n  for i in range(9):\n    while True:\n      return i\nresult = f()",
      0n,
    ],
    ["try is not needed for math", "import math\nfrom math import pi\nresult = math.cos(0)", 1],
  ])("%s", (_, source, expected) => {
    expect(run(source)).toStrictEqual(expected)
  })

  test("failing ones are errors", () => {
    expect(() => run("assert 1 == 2, 'no'")).toThrow("AssertionError: no")
    expect(() => run("raise ValueError('bad')")).toThrow("ValueError: bad")
    expect(() => run("a, b = 1, 2, 3")).toThrow("cannot unpack 3 values into 2 names")
    expect(() => run("x = = 2")).toThrow("cannot read this Python")
  })
})

describe("classes", () => {
  const source = `
class Base:
    kind = 'base'
    def __init__(self, x):
        self.x = x
    def double(self):
        return 2 * self.x
    def __call__(self, y):
        return self.forward(y)

class Derived(Base):
    def __init__(self, x, y):
        super().__init__(x)
        self.items = [y]
    def double(self):
        return super().double() + 1
    def forward(self, y):
        return self.x + y + self.items[0]
`
  test("inheritance, super, attributes, calls", () => {
    expect(
      run(`${source}\nd = Derived(3, 4)\nd.items[0] += 1\nresult = [d.double(), d(1), d.kind]`),
    ).toStrictEqual([7n, 9n, "base"])
  })

  test("a host class stands behind the instance", () => {
    const attached: Instance[] = []
    const base = new HostClass("Module", (instance) => {
      attached.push(instance)
      return new Map([["registered", new Map()]])
    })
    const interpreter = new Interpreter({ ...plainHost, setAttribute: () => {} }, [["Module", base]])
    interpreter.run(
      "class M(Module):\n  def __init__(self):\n    super().__init__()\n    self.a = 1\nm = M()",
    )
    expect(attached).toEqual([interpreter.get("m")])
    expect((interpreter.get("m") as Instance).members.get("a")).toBe(1n)
  })
})

/** A tensor that only writes down what was done to it. */
class Trace {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

const show = (value: Value): string => {
  if (value instanceof Trace) return value.text
  if (value instanceof Tuple) return `(${value.items.map(show).join(", ")})`
  return value !== null && "start" in Object(value)
    ? `slice(${Object.values(value).map(show)})`
    : String(value)
}

const traceHost: Host = {
  ...plainHost,
  owns: (value) => value instanceof Trace,
  binary: (operator, left, right) => new Trace(`(${show(left)} ${operator} ${show(right)})`),
  unary: (operator, operand) => new Trace(`(${operator}${show(operand)})`),
  compare: (operator, left, right) => new Trace(`(${show(left)} ${operator} ${show(right)})`),
  getItem: (object, index) => new Trace(`${show(object)}[${show(index)}]`),
  truth: (object) => show(object) !== "x0",
  toNumber: (object) => Number(show(object).slice(1)),
  attribute: (object, name) => {
    if (name === "shape") return new Tuple([2n, 3n])
    return (args: Value[], keywords: Keywords) => {
      const named = [...keywords].map(([key, value]) => `${key}=${show(value)}`)
      return new Trace(`${show(object)}.${name}(${[...args.map(show), ...named].join(", ")})`)
    }
  },
}

describe("host objects", () => {
  const x = new Trace("x1")
  test.each([
    ["-x ** 2 / 3 @ x", "(((-(x1 ** 2)) / 3) @ x1)"],
    ["1 - x", "(1 - x1)"],
    ["x[1:3, ::2, None, 0]", "x1[(slice(1,3,null), slice(null,null,2), null, 0)]"],
    ["x[-1]", "x1[-1]"],
    ["x[:, 1:]", "x1[(slice(null,null,null), slice(1,null,null))]"],
    ["x.sum(0, keepdim=True).t()", "x1.sum(0, keepdim=true).t()"],
    ["x.view(*x.shape[:1], -1)", "x1.view(2, -1)"],
    ["x == 2", "(x1 == 2)"],
    ["abs(x)", "x1.abs()"],
    ["sum([x, x])", "((0 + x1) + x1)"],
    ["x ** 0.5 if float(x) > 0 else x", "(x1 ** 0.5)"],
    ["x if x is not None and not x == None else 0", "x1"],
    ["~x & x", "((~x1) & x1)"],
  ])("%s", (source, expected) => {
    expect(show(new Interpreter(traceHost).evaluate(source, [["x", x]]))).toBe(expected)
  })

  test("branches look at the value of a host object", () => {
    const interpreter = new Interpreter(traceHost, [
      ["zero", new Trace("x0")],
      ["one", x],
    ])
    expect(interpreter.evaluate("(1 if zero else 2, 1 if one else 2)")).toStrictEqual(new Tuple([2n, 1n]))
  })
})
