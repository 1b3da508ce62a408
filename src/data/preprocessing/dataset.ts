import type { Shape } from "../../base/index.ts"
import { numel } from "../../base/index.ts"
import type { AnyDataset, ArrayDataset } from "../dataset.ts"
import { arrayDataset } from "../dataset.ts"
import type { Transform } from "./preprocessing.ts"
import { breath, chunksOf } from "./source.ts"

/**
 * A data set with transformed inputs, float32; the targets stay. It is gone through in parts.
 *
 * @throws the errors of the preprocessing
 *
 * @example
 * const scaler = await new StandardScaler().fit(train)
 * const [ready, readyTest] = [await preprocess(train, scaler), await preprocess(test, scaler)]
 */
export async function preprocess(dataset: AnyDataset, transform: Transform): Promise<ArrayDataset> {
  let inputs = new Float32Array(0)
  let inputShape = dataset.inputShape
  let begin = 0
  for await (const { data, shape } of preprocessedParts(dataset, transform)) {
    if (begin === 0) {
      inputShape = shape
      inputs = new Float32Array(numel(shape) * dataset.length)
    }
    inputs.set(data, begin)
    begin += data.length
  }
  const { name, targets, targetShape, classes } = dataset
  const known = { name, inputs, inputShape, targets, targetShape }
  return arrayDataset(classes === undefined ? known : { ...known, classes })
}

/**
 * The transformed inputs of a data set, part after part, for whoever keeps them elsewhere than in memory.
 *
 * @throws the errors of the preprocessing
 */
export async function* preprocessedParts(
  dataset: AnyDataset,
  transform: Pick<Transform, "transform">,
): AsyncGenerator<{ data: Float32Array; shape: Shape }> {
  for (const x of chunksOf(dataset)) {
    const y = transform.transform(x).to("float32")
    yield { data: (await y.data()) as Float32Array, shape: y.shape.slice(1) }
    await breath()
  }
}
