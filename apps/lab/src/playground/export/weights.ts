import type { LayerValues } from "../engine/net.ts"
import type { View } from "../messages.ts"
import type { Values } from "../state.ts"
import { writeLink } from "../state.ts"
import { save } from "./save.ts"

/** The tensors of a network by PyTorch's names. nabla is loaded here and only now: the page itself has no need of it. */
async function tensorsOf({ state }: View) {
  const { tensor } = await import("nabla")
  return Object.fromEntries(
    state.map(({ name, shape, values, dtype }) => [
      name,
      tensor(values, { shape: [...shape], dtype: dtype as "float64" }),
    ]),
  )
}

const metadataOf = (values: Values): Record<string, string> => ({
  made_by: "nabla Lab, Playground",
  link: writeLink({ ...values, points: "" }, new Set()).toString(),
})

export async function safetensorsWeights(view: View, values: Values): Promise<void> {
  const { encodeSafetensors } = await import("nabla/io")
  const bytes = await encodeSafetensors(await tensorsOf(view), metadataOf(values))
  save("playground.safetensors", new Blob([bytes as BlobPart]))
}

export async function jsonWeights(view: View, values: Values): Promise<void> {
  const { encodeJsonWeights } = await import("nabla/io")
  const text = await encodeJsonWeights(await tensorsOf(view), metadataOf(values))
  save("playground-weights.json", new Blob([text], { type: "application/json" }))
}

/**
 * The layers of a file that was saved here, or that PyTorch made of the same network.
 *
 * @throws when it holds something else
 */
export async function readWeights(bytes: Uint8Array, name: string): Promise<LayerValues[]> {
  const { decodeJsonWeights, decodeSafetensors } = await import("nabla/io")
  const { tensors } = name.endsWith(".json")
    ? decodeJsonWeights(new TextDecoder().decode(bytes), name)
    : decodeSafetensors(bytes, name)
  if (Object.keys(tensors).some((key) => key.startsWith("norms.")))
    throw new Error(`${name} holds normalisation layers, which are not read back.`)
  const layers: LayerValues[] = []
  for (let i = 0; `layers.${i}.weight` in tensors; i++) {
    const [weight, bias] = [tensors[`layers.${i}.weight`]!, tensors[`layers.${i}.bias`]]
    if (bias === undefined) throw new Error(`${name} has no layers.${i}.bias.`)
    layers.push({
      weight: Float64Array.from((await weight.data()) as Float64Array),
      bias: Float64Array.from((await bias.data()) as Float64Array),
      inputs: weight.shape[1] ?? 1,
    })
  }
  if (layers.length === 0) throw new Error(`${name} has no tensor of the name layers.0.weight.`)
  return layers
}
