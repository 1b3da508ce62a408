import type { ArrayDataset } from "../dataset.ts"
import { arrayDataset } from "../dataset.ts"
import type { Transform } from "./preprocessing.ts"
import { chunksOf } from "./source.ts"

/**
 * A data set with transformed inputs, float32; the targets stay. It is gone through in parts.
 *
 * @throws the errors of the preprocessing
 *
 * @example
 * const scaler = await new StandardScaler().fit(train)
 * const [ready, readyTest] = [await preprocess(train, scaler), await preprocess(test, scaler)]
 */
export async function preprocess(dataset: ArrayDataset, transform: Transform): Promise<ArrayDataset> {
  let inputs = new Float32Array(0)
  let inputShape = dataset.inputShape
  let begin = 0
  for (const x of chunksOf(dataset)) {
    const y = transform.transform(x).to("float32")
    if (begin === 0) {
      inputShape = y.shape.slice(1)
      inputs = new Float32Array((y.numel() / y.shape[0]!) * dataset.length)
    }
    const data = await y.data()
    inputs.set(data, begin)
    begin += data.length
  }
  return arrayDataset({ ...dataset, inputs, inputShape })
}
