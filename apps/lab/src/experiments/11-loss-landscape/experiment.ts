import type { Reading } from "../experiment.ts"
import { agrees, defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { View } from "./run.ts"

/**
 * Largest difference that rounding can make, as a share of the largest number. Rescaling rounds each weight some 20 times
 * (the length of its unit's row, a factor, a product, a sum): 20·2⁻⁵³ ≈ 2·10⁻¹⁵ of it. Three layers add that up, and where
 * terms of both signs cancel it counts some ten times more: 10⁻¹³.
 */
const ROUNDING = 1e-13

function same(name: string, measured: number, predicted = 0): Reading {
  return {
    ...{ name, predicted, measured },
    holds: Math.abs(measured - predicted) <= ROUNDING,
    tolerance: "to 10⁻¹³ of the largest number: rounding in double precision",
  }
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "The weights of a ReLU layer are multiplied by 4, those of the next one divided by 4. The net computes the same as before. What becomes of the largest curvature of its loss?",
    options: [
      ["same", "nothing: the function is the same"],
      ["little", "it changes, by less than a factor of 3"],
      ["much", "it changes by a factor of 3 or more"],
    ],
    outcome: ({ curvatures }) => {
      if (curvatures === null) return null
      const factor = Math.abs(Math.log(curvatures.rescaled / curvatures.trained))
      return factor >= Math.log(3) ? "much" : factor > 1e-6 ? "little" : "same"
    },
  },
  laws: [
    {
      name: "The same function, the same normalised picture",
      statement:
        "ReLU takes a positive factor out, so that α and 1/α cancel. A direction that is normalised by filter grows and shrinks with the weights, so its picture is the same too.",
      formula: String.raw`\begin{gathered}\tfrac1\alpha W_2\,\varphi(\alpha W_1x+\alpha b_1)=W_2\,\varphi(W_1x+b_1)\\ d_f\leftarrow d_f\,\frac{\lVert w_f\rVert}{\lVert d_f\rVert}\;\Rightarrow\;L(T\theta+Td)=L(\theta+d)\end{gathered}`,
      check: ({ differences }) =>
        differences === null
          ? null
          : [
              same("largest difference of the outputs", differences.outputs),
              same("largest difference of the normalised pictures", differences.normalised),
            ],
    },
    {
      name: "The raw picture changes as the factors say",
      statement:
        "A raw direction stays what it is. For the rescaled net it means what T⁻¹d means for the trained one, and so its picture can be told beforehand.",
      formula: String.raw`\begin{gathered}L(T\theta+d)=L(\theta+T^{-1}d)\\ T=\operatorname{diag}(\alpha,\dots,\tfrac1\alpha,\dots,1)\end{gathered}`,
      check: ({ differences }) =>
        differences === null
          ? null
          : [same("largest difference of the raw pictures", differences.raw, differences.rawPredicted)],
    },
    {
      name: "Sharpness is not of the function",
      statement:
        "The Hessian is divided by the factors on both sides: by α² within the first layer, so that its largest eigenvalue can be made large or small at will.",
      formula: String.raw`H(T\theta)=T^{-1}H(\theta)\,T^{-1},\qquad d^\top H\,d\;\to\;\frac{d^\top H\,d}{\alpha^2}\ \text{ in layer 1}`,
      check: ({ curvatures }, { alpha }) => {
        if (curvatures === null) return null
        const { along, rescaled, predicted } = curvatures
        return [
          agrees(
            "curvature along a direction of layer 1",
            along[1],
            along[0] / alpha ** 2,
            1e-10,
            "a sum of terms of both signs, in double precision",
          ),
          agrees("largest eigenvalue", rescaled, predicted, 1e-7, "Lanczos' method stops at 10⁻⁸"),
        ]
      },
    },
  ],
  see: [
    "On the left is the loss around the net as training left it, in three dimensions and as a map; beside it the rescaled net, which computes exactly the same. Normalised by filter, the two maps and the two lines of the cut are the same. Choose the raw plane, and they no longer are. The curve of the sharpness against α has its lowest part near where training left the net.",
    "Drag the cross: the cut goes through it, and its loss is the exact one there. On a random plane the way of the training hardly leaves the middle, since among n parameters the cosine of two directions is about $1/\\sqrt n$; on the plane of its own principal components it fills the picture.",
  ],
  why: [
    "A step of length 1 is long for a small weight and short for a large one. A raw picture takes the same step for both, and so shows sizes of weights as much as the loss. In a net of ReLU layers these sizes say nothing: $\\varphi(\\alpha x)=\\alpha\\varphi(x)$ for $\\alpha>0$.",
    "The same holds for the sharpness $\\lambda_{\\max}$ at a minimum. “Flat minima generalise better” needs a measure of flatness that rescaling cannot change.",
  ],
  scenes: [
    { title: "Normalised by filter: the same picture twice", values: { placeX: 0.3, placeY: 0.2 } },
    { title: "Raw: the same net looks different", values: { plane: "raw", placeX: 0.3, placeY: 0.2 } },
    { title: "α = 1/4: sharp the other way", values: { plane: "raw", alpha: 0.25 } },
    { title: "The way of the training", values: { plane: "trajectory" } },
    { title: "tanh: rescaling changes the function", values: { broken: true } },
  ],
  code: ({
    alpha,
    data,
    activation,
    width,
    steps,
    seed,
    broken,
  }) => `import { data, nn, noGrad, optim } from "nabla"
import { hessianOf, objectiveOf, planeSlice, randomPlane, topEigenvalues } from "nabla/diagnostics"

const [[points, y]] = [...new data.DataLoader(data.${data}({ n: 200, seed: ${seed} }), { batchSize: 200 })]
const x = points.to("float64")
const f64 = { dtype: "float64" } as const
const layers = [nn.linear(2, ${width}, f64), nn.linear(${width}, ${width}, f64), nn.linear(${width}, 2, f64)]
const [first, second, third] = layers
const f = () => nn.${broken ? "tanh" : activation}()
const model = nn.sequential(first, f(), second, f(), third)
const optimizer = optim.sgd(model.parameters(), { lr: 0.02, momentum: 0.9 })
for (let step = 0; step < ${steps}; step++) {
  optimizer.zeroGrad()
  nn.crossEntropy(model.forward(x), y).backward()
  optimizer.step()
}

const look = async () => {
  const objective = objectiveOf(model, [x, y])
  for (const normalise of ["filter", "none"] as const) {
    const { values } = await planeSlice(objective, await randomPlane(objective, { normalise }), { points: 5 })
    console.log(normalise, values.slice(0, 5))
  }
  console.log("sharpness", (await topEigenvalues(hessianOf(objective), 1)).values[0])
}
await look()
noGrad(() => {
  first.weight.mul_(${alpha})
  first.bias.mul_(${alpha})
  second.weight.div_(${alpha})
})
await look()
`,
  sources: [
    {
      title: "Li et al., Visualizing the loss landscape of neural nets (2018)",
      url: "https://arxiv.org/abs/1712.09913",
    },
    {
      title: "Dinh et al., Sharp minima can generalize for deep nets (2017)",
      url: "https://arxiv.org/abs/1703.04933",
    },
  ],
})
