import { Generator, nn } from "nabla"
import { parseEdits } from "../edits.ts"
import type { Values } from "../state.ts"
import type { LayerValues, Net } from "./net.ts"
import { layersOf, setLayers } from "./net.ts"
import { seedrandom } from "./seedrandom.ts"

/** Gives a network its first weights, and those that were set by hand. `following` goes on where the data ended. */
export function initialise(net: Net, values: Values, following: () => number): void {
  const random = values.weightSeed === "" ? following : seedrandom(values.weightSeed)
  if (values.mode === "playground" || values.init === "uniform") setLayers(net, uniform(net, values, random))
  else {
    const generator = new Generator(Math.floor(random() * 2 ** 31))
    nn.init.initialize(net, values.initZero ? "zeros" : (values.init as "orthogonal"), { generator })
  }
  net.generator.manualSeed(Math.floor(random() * 2 ** 31))
  const layers = layersOf(net)
  for (const edit of parseEdits(values.edits)) setEdit(layers, edit)
  setLayers(net, layers)
}

/** U(−½, ½) and biases of 0.1, unit by unit; with `initZero` all of it is 0. */
function uniform(net: Net, { initZero, mode }: Values, random: () => number): LayerValues[] {
  return layersOf(net).map(({ weight, bias, inputs }) => ({
    weight: weight.map(() => (initZero ? 0 : random() - 0.5)),
    bias: bias.fill(initZero || mode !== "playground" ? 0 : 0.1),
    inputs,
  }))
}

/** Sets a weight or a bias; false when there is none at this place. */
export function setEdit(
  layers: readonly LayerValues[],
  { layer, unit, input, value }: { layer: number; unit: number; input: number | "b"; value: number },
): boolean {
  const at = layers[layer - 1]
  if (at === undefined || unit >= at.bias.length || !Number.isFinite(value)) return false
  if (input === "b") at.bias[unit] = value
  else if (input < at.inputs) at.weight[unit * at.inputs + input] = value
  else return false
  return true
}
