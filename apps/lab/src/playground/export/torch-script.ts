import type { Setup, View } from "../messages.ts"
import type { Values } from "../state.ts"
import { activationsOf, dropoutOf, normsOf } from "../state.ts"
import { epochsOf, formulasOf, nested, paused, remarksOf, rowsOf } from "./script.ts"

const activation: Readonly<Record<string, string>> = {
  relu: "F.relu(h)",
  tanh: "torch.tanh(h)",
  sigmoid: "torch.sigmoid(h)",
  linear: "h",
  leakyRelu: "F.leaky_relu(h)",
  elu: "F.elu(h)",
  selu: "F.selu(h)",
  gelu: "F.gelu(h)",
  silu: "F.silu(h)",
  softplus: "F.softplus(h)",
  mish: "F.mish(h)",
}

const feature: Readonly<Record<string, string>> = {
  x: "x",
  y: "y",
  xSquared: "x * x",
  ySquared: "y * y",
  xTimesY: "x * y",
  sinX: "torch.sin(x)",
  sinY: "torch.sin(y)",
}

/** What PyTorch itself has. */
const optimizers: Readonly<Record<string, string>> = {
  sgd: "SGD(net.parameters(), lr=lr)",
  momentum: "SGD(net.parameters(), lr=lr, momentum=0.9)",
  nesterov: "SGD(net.parameters(), lr=lr, momentum=0.9, nesterov=True)",
  adagrad: "Adagrad(net.parameters(), lr=lr)",
  adadelta: "Adadelta(net.parameters(), lr=lr)",
  rmsprop: "RMSprop(net.parameters(), lr=lr)",
  adam: "Adam(net.parameters(), lr=lr)",
  adamW: "AdamW(net.parameters(), lr=lr)",
  adamax: "Adamax(net.parameters(), lr=lr)",
  nAdam: "NAdam(net.parameters(), lr=lr)",
  rAdam: "RAdam(net.parameters(), lr=lr)",
  rprop: "Rprop(net.parameters(), lr=lr)",
  asgd: "ASGD(net.parameters(), lr=lr)",
}

/** A formula of x and y in Python. */
function pythonOf(text: string): string {
  return text
    .replaceAll("^", "**")
    .replaceAll(/\bln\b/g, "log")
    .replaceAll(/\bmin\b/g, "minimum")
    .replaceAll(/\bmax\b/g, "maximum")
    .replaceAll(/\b(sin|cos|tan|exp|log|sqrt|abs|tanh|minimum|maximum|pi|e)\b/g, (name) =>
      name === "pi" || name === "e" ? `math.${name}` : `torch.${name}`,
    )
}

function lossOf(values: Values, lossName: string): string {
  if (values.problem === "multiclass") return "F.cross_entropy(z, y)"
  const o = values.problem === "regression" ? "z" : "torch.tanh(z)"
  const texts: Readonly<Record<string, string>> = {
    square: `0.5 * F.mse_loss(${o}, y)`,
    mse: `F.mse_loss(${o}, y)`,
    mae: `F.l1_loss(${o}, y)`,
    huber: `F.huber_loss(${o}, y)`,
    logistic: "F.binary_cross_entropy_with_logits(z, (y + 1) / 2)",
    hinge: "F.relu(1 - z * y).mean()",
  }
  return texts[lossName]!
}

function forwardOf(values: Values): string[] {
  const skip = values.mode === "lab" ? values.skip : "none"
  const norm = normsOf(values).some((kind) => kind !== "none")
  const names = activationsOf(values)
  const lines = names.flatMap((name, i) => [
    ...(skip === "residual" && i > 0 ? ["        before = h"] : []),
    `        h = self.layers[${i}](${skip === "inputs" && i > 0 ? "torch.cat([h, x], 1)" : "h"})`,
    ...(norm ? [`        h = self.norms[${i}](h)`] : []),
    `        h = ${activation[name]}`,
    ...(dropoutOf(values) > 0 ? [`        h = F.dropout(h, ${dropoutOf(values)}, self.training)`] : []),
    ...(skip === "residual" && i > 0
      ? ["        if before.shape[1] == h.shape[1]:", "            h = h + before"]
      : []),
  ])
  const last = names.length
  return [
    "        h = x",
    ...lines,
    `        return self.layers[${last}](${skip === "inputs" && last > 0 ? "torch.cat([h, x], 1)" : "h"})`,
  ]
}

function penaltyOf({ regularization: kind, regularizationRate: rate, mode }: Values): string {
  if (kind === "none" || rate === 0) return ""
  const term = kind === "L1" ? "layer.weight.abs().sum()" : "0.5 * layer.weight.square().sum()"
  const note =
    kind === "L1" && mode === "playground"
      ? "        # TensorFlow Playground also sets a weight to 0 for good when this changes its sign.\n"
      : ""
  return `${note}        loss = loss + ${rate} * sum(${term} for layer in net.layers)\n`
}

/** What is on the screen as a script for PyTorch, which goes on from these weights. */
export function torchScript(values: Values, view: View, setup: Setup): string {
  if (!paused(view)) return "# Pause the run: the script holds the weights of a moment.\n"
  const plain = values.mode === "playground"
  const kinds = normsOf(values)
  const norm = kinds.some((kind) => kind !== "none")
  const makers = { batch: "BatchNorm1d", layer: "LayerNorm", rms: "RMSNorm" }
  const columns = [
    ...setup.features.filter((f) => f.used && f.name in feature).map((f) => feature[f.name]!),
    ...formulasOf(values).map(pythonOf),
  ]
  const optimizer = plain ? optimizers.sgd! : optimizers[values.optimizer]
  const sizes = view.layers.map(({ inputs, bias }) => `nn.Linear(${inputs}, ${bias.length})`)
  const norms = kinds.map((kind, i) =>
    kind === "none" ? "nn.Identity()" : `nn.${makers[kind]}(${view.layers[i]!.bias.length})`,
  )
  const state = view.state.map(
    ({ name, shape, values: v, dtype }) =>
      `    "${name}": torch.tensor(${nested(v, shape)}${dtype === "float64" ? "" : ", dtype=torch.long"}),`,
  )
  return `import math
import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
train = torch.tensor([
${rowsOf(setup.train)}
])
test = torch.tensor([
${rowsOf(setup.test)}
])


def inputs(rows):
    x, y = rows[:, 0], rows[:, 1]
    return torch.stack([${columns.join(", ")}], 1)


def targets(rows):
    return ${values.problem === "multiclass" ? "rows[:, 2].long()" : "rows[:, 2:]"}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([${sizes.join(", ")}])
${norm ? `        self.norms = nn.ModuleList([${norms.join(", ")}])\n` : ""}
    def forward(self, x):
${forwardOf(values).join("\n")}


net = Net()
net.load_state_dict({
${state.join("\n")}
})


def loss_of(z, y):
    return ${lossOf(values, view.lossName === "cross-entropy" ? "" : view.lossName)}


${remarksOf(values)
  .map((line) => `# ${line}\n`)
  .join("")}lr = ${Number(view.rate.toPrecision(8))}
${optimizer === undefined ? `# PyTorch has no ${values.optimizer}: Adam stands in its place.\noptimizer = torch.optim.Adam(net.parameters(), lr=lr)` : `optimizer = torch.optim.${optimizer}`}
for epoch in range(${epochsOf(values)}):
    for batch in train.split(${values.batchSize}):
        loss = loss_of(net(inputs(batch)), targets(batch))
${penaltyOf(values)}        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        net.eval()
        with torch.no_grad():
            print(epoch + 1, *(loss_of(net(inputs(rows)), targets(rows)).item() for rows in (train, test) if len(rows)))
        net.train()
`
}
