import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import {
  checkpoint,
  customFunction,
  grad,
  gradcheck,
  graphOf,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  linearize,
  noGrad,
  setDefaultDevice,
  setKernelChecks,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
} from "../../src/index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("reference"))

const f64 = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: "float64" })
const list = (t: Tensor): number[] => Array.from(t.dataSync())

describe("control flow of the host language", () => {
  const branching = (x: Tensor): Tensor => (x.sum().itemSync() > 0 ? x.mul(x).sum() : x.mul(3).sum())

  test("an if takes the derivative of the branch that ran", () => {
    expect(list(grad(branching)(f64([1, 2])))).toEqual([2, 4])
    expect(list(grad(branching)(f64([-1, -2])))).toEqual([3, 3])
  })

  test("the graph is what ran", () => {
    const count = (x: Tensor): number =>
      graphOf(branching(x.requiresGrad_()), { level: "primitive" }).nodes.length
    expect(count(f64([1, 2]))).not.toBe(count(f64([-1, -2])))
  })

  test("a loop may be as long as its data says", () => {
    // x is squared until it is small: x^(2^n).
    const shrink = (x: Tensor): Tensor => {
      let y = x
      while (y.itemSync() > 0.1) y = y.mul(y)
      return y
    }
    expect(grad(shrink)(f64(0.9)).itemSync()).toBeCloseTo(32 * 0.9 ** 31, 12)
    expect(grad(shrink)(f64(0.5)).itemSync()).toBeCloseTo(4 * 0.5 ** 3, 12)
  })

  test("a recursion is differentiated, forwards and backwards", () => {
    const power = (x: Tensor, n: number): Tensor => (n === 0 ? x.mul(0).add(1) : x.mul(power(x, n - 1)))
    const f = (x: Tensor): Tensor => power(x, 5)
    expect(grad(f)(f64(2)).itemSync()).toBe(80)
    expect((jvp(f, [f64(2)], [f64(1)])[1] as Tensor).itemSync()).toBe(80)
    expect(grad(grad(grad(f)))(f64(2)).itemSync()).toBe(60 * 4)
  })

  test("a graph grows further after a backward pass", () => {
    const x = f64([1, 2, 3]).requiresGrad_()
    const y = x.mul(x)
    y.sum().backward()
    expect(list(x.grad!)).toEqual([2, 4, 6])
    y.mul(x).sum().backward()
    expect(list(x.grad!)).toEqual([2 + 3, 4 + 12, 6 + 27])
    const again = x.grad!.mul(x).sum()
    x.grad = null
    again.backward()
    // d/dx Σ x·(2x + 3x²)
    expect(list(x.grad!)).toEqual([4 + 9, 8 + 36, 12 + 81])
  })

  test("a value inside vmap is an error that says why", () => {
    expect(() =>
      vmap(branching)(
        f64([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toThrow(/NABLA_PLACEHOLDER_VALUE/)
  })
})

describe("transforms", () => {
  const f = (x: Tensor): Tensor => x.sin().mul(x.exp()).sum()
  const x = (): Tensor => f64([0.3, -0.7, 1.1])

  test("take and give trees of tensors", () => {
    const model = {
      layers: [
        {
          w: f64([
            [1, 2],
            [3, 4],
          ]),
          b: f64([0.5, -0.5]),
        },
      ],
      scale: f64(2),
      name: "net",
    }
    const loss = (p: typeof model, input: Tensor): Tensor =>
      input.matmul(p.layers[0]!.w).add(p.layers[0]!.b).mul(p.scale).sum()
    const [value, gradient] = valueAndGrad(loss)(model, f64([[1, 1]])) as [Tensor, typeof model]
    expect(value.itemSync()).toBe(20)
    expect(list(gradient.layers[0]!.w)).toEqual([2, 2, 2, 2])
    expect(gradient.scale.itemSync()).toBe(10)
    expect(gradient.name).toBe("net")
  })

  test("a tensor that is argument and closure counts once", () => {
    const c = f64(3)
    expect(grad((y: Tensor) => y.mul(c))(c).itemSync()).toBe(3)
  })

  test("several argnums give several gradients", () => {
    const [da, db] = grad((a: Tensor, b: Tensor) => a.mul(b).sum(), { argnums: [0, 1] })(
      f64([1, 2]),
      f64([3, 4]),
    ) as Tensor[]
    expect([list(da!), list(db!)]).toEqual([
      [3, 4],
      [1, 2],
    ])
  })

  test("forward and reverse Jacobians agree, and the Hessian is symmetric", () => {
    const g = (y: Tensor): Tensor => y.mul(y.flip([0])).cumsum(0)
    const [a, b] = [jacfwd(g)(x()) as Tensor, jacrev(g)(x()) as Tensor]
    expect(a.shape).toEqual([3, 3])
    list(a).forEach((value, i) => expect(value).toBeCloseTo(list(b)[i]!, 12))
    const h = hessian(f)(x()) as Tensor
    list(h).forEach((value, i) => expect(value).toBeCloseTo(list(h.t())[i]!, 12))
  })

  test("hvp is the Hessian times the vector", () => {
    const v = f64([1, -2, 0.5])
    const [product] = hvp(f, [x()], [v]) as Tensor[]
    const whole = (hessian(f)(x()) as Tensor).matmul(v)
    list(product!).forEach((value, i) => expect(value).toBeCloseTo(list(whole)[i]!, 12))
  })

  test("vjp and linearize can be applied many times", () => {
    const g = (y: Tensor): Tensor => y.tanh()
    const [, pull] = vjp(g, x())
    const [, push] = linearize(g, x())
    for (const t of [f64([1, 0, 0]), f64([0, 2, -1])]) {
      expect(list((pull(t) as Tensor[])[0]!)).toEqual(list(push(t) as Tensor))
    }
  })

  test("per-sample gradients: vmap of grad", () => {
    const w = f64([[0.2, -0.4, 0.1]])
    const inputs = f64([
      [1, 2, 3],
      [-1, 0, 2],
      [0.5, 0.5, 0.5],
      [3, 2, 1],
    ])
    const loss = (weight: Tensor, input: Tensor): Tensor => weight.matmul(input).tanh().sum()
    const each = vmap(grad(loss), { inDims: [null, 0] })(w, inputs) as Tensor
    expect(each.shape).toEqual([4, 1, 3])
    const total = grad((weight: Tensor) => inputs.matmul(weight.t()).tanh().sum())(w) as Tensor
    list(each.sum(0)).forEach((value, i) => expect(value).toBeCloseTo(list(total)[i]!, 12))
  })

  test("vmap nests, with batch dimensions anywhere", () => {
    const dot = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum()
    const [a, b] = [
      f64([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      f64([
        [1, 0],
        [0, 1],
        [1, 1],
        [2, 2],
      ]),
    ]
    const table = vmap((row: Tensor) => vmap((other: Tensor) => dot(row, other))(b))(a) as Tensor
    expect(list(table)).toEqual(list(a.matmul(b.t())))
    const columns = vmap(dot, { inDims: [1, 1], outDims: 0 })(a, a) as Tensor
    expect(list(columns)).toEqual([1 + 9 + 25, 4 + 16 + 36])
  })

  test("mapped arguments of different length are refused", () => {
    expect(() => vmap((a: Tensor, b: Tensor) => a.add(b))(f64([1, 2]), f64([1, 2, 3]))).toThrow(
      /NABLA_SHAPE_MISMATCH/,
    )
  })
})

describe("custom derivatives", () => {
  const straight = customFunction({
    forward: (x) => x.round(),
    vjp: (_, __, cotangent) => [cotangent],
    jvp: (_, __, [tangent]) => tangent!,
  })

  test("take the place of what autodiff would find", () => {
    const f = (x: Tensor): Tensor => straight(x).mul(x).sum()
    expect(list(grad(f)(f64([1.4, 2.6])))).toEqual([1.4 + 1, 2.6 + 3])
    expect((jvp(f, [f64([1.4])], [f64([1])])[1] as Tensor).itemSync()).toBeCloseTo(2.4, 12)
  })

  test("batch with vmap", () => {
    const f = (x: Tensor): Tensor => straight(x).mul(x).sum()
    expect(
      list(
        vmap(grad(f))(
          f64([
            [1.4, 2.6],
            [0.2, 3.7],
          ]),
        ) as Tensor,
      ),
    ).toEqual([2.4, 5.6, 0.2, 7.7])
  })

  test("say which rule is missing", () => {
    const only = customFunction({ forward: (x) => x.mul(2) })
    expect(() => grad((x: Tensor) => only(x).sum())(f64([1]))).toThrow(/vjp rule/)
  })
})

describe("checkpoint", () => {
  const block = (x: Tensor): Tensor => {
    let y = x
    for (let i = 0; i < 3; i++) y = y.matmul(y).tanh()
    return y
  }

  test("gives the same value and derivatives", () => {
    const x = (): Tensor =>
      f64([
        [0.1, 0.7],
        [-0.3, 0.2],
      ])
    const plain = grad((t: Tensor) => block(t).sum())(x()) as Tensor
    const again = grad((t: Tensor) => checkpoint(block)(t).sum())(x()) as Tensor
    expect(list(again)).toEqual(list(plain))
    const [h, g] = [
      hessian((t: Tensor) => block(t).sum())(x()) as Tensor,
      hessian((t: Tensor) => checkpoint(block)(t).sum())(x()) as Tensor,
    ]
    list(h).forEach((value, i) => expect(list(g)[i]).toBeCloseTo(value, 10))
  })
})

describe("hooks and modes", () => {
  test("a hook sees and changes a gradient on its way back", () => {
    const x = f64([1, 2]).requiresGrad_()
    const y = x.mul(3)
    const seen: number[][] = []
    y.registerHook((g) => {
      seen.push(list(g))
      return g.mul(10)
    })
    y.sum().backward()
    expect(seen).toEqual([[1, 1]])
    expect(list(x.grad!)).toEqual([30, 30])
  })

  test("retainGrad keeps the gradient of an intermediate tensor", () => {
    const x = f64([1, 2]).requiresGrad_()
    const y = x.mul(x)
    y.retainGrad()
    y.mul(5).sum().backward()
    expect(list(y.grad!)).toEqual([5, 5])
  })

  test("noGrad and detach cut the graph", () => {
    const x = f64([2]).requiresGrad_()
    const y = noGrad(() => x.mul(x))
    expect(() => y.sum().backward()).toThrow(/NABLA_NO_GRADIENT/)
    x.mul(y).add(x.detach().mul(x)).sum().backward()
    expect(list(x.grad!)).toEqual([4 + 2])
  })

  test("gradcheck finds a wrong derivative", () => {
    const wrong = customFunction({ forward: (x) => x.mul(x), vjp: (_, __, ct) => [ct] })
    expect(gradcheck((x: Tensor) => x.mul(x), [f64([1, 2])])).toBe(true)
    expect(() => gradcheck((x: Tensor) => wrong(x), [f64([1, 2])])).toThrow(/NABLA_NOT_DIFFERENTIABLE/)
  })

  test("integers have no gradients", () => {
    expect(() => tensor([1, 2], { dtype: "int32" }).requiresGrad_()).toThrow(/NABLA_NOT_DIFFERENTIABLE/)
  })
})
