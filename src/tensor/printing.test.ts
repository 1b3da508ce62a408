import { inspect } from "node:util"
import { expect, it } from "vitest"
import type { Tensor } from "./index.ts"
import * as n from "./index.ts"

const { tensor } = n

/** What PyTorch 1.13 prints, with nabla's names for types. */
it.each<[() => Tensor, string]>([
  [() => tensor(3.5), "tensor(3.5000)"],
  [() => tensor(3), "tensor(3.)"],
  [() => tensor([1, 2.5, -3]), "tensor([ 1.0000,  2.5000, -3.0000])"],
  [() => tensor([1, 2, 3]), "tensor([1., 2., 3.])"],
  [() => tensor([1, 2, -30], { dtype: "int32" }), "tensor([  1,   2, -30])"],
  [() => tensor([true, false]), "tensor([ true, false])"],
  [
    () =>
      tensor([
        [1, 2],
        [3, 4],
      ]),
    "tensor([[1., 2.],\n        [3., 4.]])",
  ],
  [() => tensor([[[1]], [[2]]]), "tensor([[[1.]],\n\n        [[2.]]])"],
  [() => tensor([1.5, Number.NaN, Infinity, -Infinity]), "tensor([1.5000,    nan,    inf,   -inf])"],
  [() => tensor([1e-5, 1]), "tensor([1.0000e-05, 1.0000e+00])"],
  [() => tensor([1, 100000]), "tensor([1.0000e+00, 1.0000e+05])"],
  [() => tensor([0.00001234]), "tensor([1.2340e-05])"],
  [() => tensor([]), "tensor([])"],
  [() => n.zeros([0, 3]), "tensor([], shape=[0, 3])"],
  [() => n.zeros([0], { dtype: "int32" }), "tensor([], dtype=int32)"],
  [() => tensor([1, 2], { dtype: "float64" }), "tensor([1., 2.], dtype=float64)"],
  [() => tensor([1, 2], { requiresGrad: true }), "tensor([1., 2.], requiresGrad=true)"],
  [() => n.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"],
  [
    () => n.arange(1, 41).float().div(8),
    `tensor([0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000, 1.1250,
        1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000, 2.1250, 2.2500,
        2.3750, 2.5000, 2.6250, 2.7500, 2.8750, 3.0000, 3.1250, 3.2500, 3.3750,
        3.5000, 3.6250, 3.7500, 3.8750, 4.0000, 4.1250, 4.2500, 4.3750, 4.5000,
        4.6250, 4.7500, 4.8750, 5.0000])`,
  ],
  [
    () => n.arange(4000).reshape([40, 100]),
    `tensor([[   0,    1,    2,  ...,   97,   98,   99],
        [ 100,  101,  102,  ...,  197,  198,  199],
        [ 200,  201,  202,  ...,  297,  298,  299],
        ...,
        [3700, 3701, 3702,  ..., 3797, 3798, 3799],
        [3800, 3801, 3802,  ..., 3897, 3898, 3899],
        [3900, 3901, 3902,  ..., 3997, 3998, 3999]])`,
  ],
])("prints %#", (make, text) => {
  expect(make().toString()).toBe(text)
  expect(inspect({ x: make() })).toContain(text.split("\n")[0])
})

it("prints a tensor inside vmap without its value", () => {
  let text = ""
  n.vmap((x: Tensor) => {
    text = `${x}`
    return x
  })(n.zeros([2, 3]))
  expect(text).toBe("tensor(<one example of a batch>, shape=[3])")
})
