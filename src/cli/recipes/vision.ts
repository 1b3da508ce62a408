import type { SampleSet } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import { imageSizes, supervised } from "./classifiers.ts"
import type { ModelOptions, Recipe, TrainingDefaults } from "./recipe.ts"
import { size } from "./recipe.ts"

interface VisionRecipe {
  readonly name: string
  readonly summary: string
  readonly defaults: TrainingDefaults
  readonly options?: ModelOptions
  /** Height and width that the model needs; smaller images get a border of zeros. */
  readonly image: number
  build(sizes: { readonly channels: number; readonly classes: number }, options: ModelOptions): nn.Module
}

/** A recipe of a model from the literature, on images of 28×28 or more. */
function vision({ name, summary, defaults, options = {}, image, build }: VisionRecipe): Recipe {
  const make = (data: SampleSet, asked: ModelOptions): nn.Module => {
    const { channels, height, width, classes } = imageSizes(name, data, Math.min(image, 28))
    const model = build({ channels, classes }, asked)
    const missing = image - Math.min(height, width)
    return missing <= 0 ? model : nn.sequential(nn.zeroPad2d(Math.ceil(missing / 2)), model)
  }
  return {
    name,
    summary,
    defaults: { images: defaults },
    options,
    prepare: (context) => supervised(context, (data) => make(data, context.options)),
  }
}

const usual: TrainingDefaults = { epochs: 3, batchSize: 64, lr: { adam: 1e-3, sgd: 0.05 } }

export const visionRecipes: readonly Recipe[] = [
  vision({
    name: "lenet",
    summary: "LeNet-5 with relu and max-pooling (LeCun et al. 1998)",
    defaults: { ...usual, epochs: 20, lr: { adam: 2e-3, sgd: 0.05 }, schedule: "cosine" },
    image: 28,
    build: (sizes) => nn.lenet(sizes),
  }),
  vision({
    name: "alexnet",
    summary:
      "AlexNet's variant for 32×32, with response normalisation and overlapping pooling (Krizhevsky et al. 2012)",
    defaults: { ...usual, lr: { adam: 5e-4, sgd: 0.02 } },
    options: { dropout: 0.5 },
    image: 32,
    build: (sizes, options) => nn.alexNet({ ...sizes, variant: "small", dropout: size(options, "dropout") }),
  }),
  vision({
    name: "vgg",
    summary: "VGG with batch normalisation and one small hidden layer (Simonyan & Zisserman 2015)",
    defaults: { ...usual, epochs: 2 },
    options: { depth: 11, dropout: 0.5 },
    image: 32,
    build: (sizes, options) =>
      nn.vgg(size(options, "depth") as nn.VGGDepth, {
        ...sizes,
        batchNorm: true,
        dropout: size(options, "dropout"),
        pooled: 1,
        hidden: 512,
      }),
  }),
  vision({
    name: "resnet20",
    summary: "the residual network for 32×32, of 6n + 2 layers (He et al. 2016)",
    defaults: { ...usual, lr: { adam: 2e-3, sgd: 0.1 } },
    options: { depth: 20 },
    image: 32,
    build: (sizes, options) => nn.cifarResnet(size(options, "depth") as 20, sizes),
  }),
  vision({
    name: "resnet",
    summary: "ResNet-18, -34 or -50 (He et al. 2016)",
    defaults: { ...usual, epochs: 1, lr: { adam: 1e-3, sgd: 0.05 } },
    options: { depth: 18 },
    image: 32,
    build: (sizes, options) => nn.resnet(size(options, "depth") as nn.ResNetDepth, sizes),
  }),
  vision({
    name: "mobilenet",
    summary: "MobileNet V2, a half as wide, with stride 1 at first (Sandler et al. 2018)",
    defaults: { ...usual, lr: { adam: 2e-3, sgd: 0.05 } },
    options: { width: 0.5 },
    image: 32,
    build: (sizes, options) => nn.mobileNet({ ...sizes, width: size(options, "width"), stride: 1 }),
  }),
  vision({
    name: "vit",
    summary: "a small vision transformer on patches of 4×4 (Dosovitskiy et al. 2021)",
    defaults: {
      ...usual,
      epochs: 5,
      optimizer: "adamw:weight-decay=0.05",
      schedule: "cosine",
      warmUp: "10%",
    },
    options: { width: 64, layers: 4, heads: 4, patch: 4, dropout: 0 },
    image: 28,
    build: (sizes, options) =>
      nn.vit({
        ...sizes,
        image: 28,
        patch: size(options, "patch"),
        width: size(options, "width"),
        layers: size(options, "layers"),
        heads: size(options, "heads"),
        dropout: size(options, "dropout"),
      }),
  }),
]
