import type { Reference } from "./finding.ts"

/** What the checks of inputs and initialisation refer to. */
export const efficientBackprop: Reference = {
  title: "LeCun, Bottou, Orr & Müller, Efficient BackProp (1998), section 4.3",
  url: "http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf",
}
export const glorot: Reference = {
  title: "Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks (2010)",
  url: "https://proceedings.mlr.press/v9/glorot10a.html",
}
export const heInit: Reference = {
  title: "He, Zhang, Ren & Sun, Delving Deep into Rectifiers (2015)",
  url: "https://arxiv.org/abs/1502.01852",
}
