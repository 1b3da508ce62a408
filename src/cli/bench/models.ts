/** The forward passes of the workloads, in the words of nabla: each gives the loss of a batch. */
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import {
  add,
  arange,
  embedding,
  ge,
  matmul,
  maxPool2d,
  softmax,
  stack,
  where,
  zeros,
} from "../../tensor/index.ts"

export type Tensors = Readonly<Record<string, Tensor>>
export type Loss = (weights: Tensors, batch: Tensors) => Tensor

function linear(weights: Tensors, name: string, x: Tensor): Tensor {
  return nn.functional.linear(x, weights[`${name}.w`], weights[`${name}.b`])
}

const playground: Loss = (w, { x, y }) => {
  const hidden = linear(w, "l2", linear(w, "l1", x).tanh()).tanh()
  return nn.mse(linear(w, "l3", hidden).tanh(), y)
}

const mlp: Loss = (w, { x, y }) => {
  const hidden = linear(w, "l2", linear(w, "l1", x).relu()).relu()
  return nn.crossEntropy(linear(w, "l3", hidden), y)
}

const cnn: Loss = (w, { x, y }) => {
  const stage = (name: string, input: Tensor): Tensor =>
    maxPool2d(nn.functional.conv2d(input, w[`${name}.w`], w[`${name}.b`], { padding: 2 }).relu(), 2) as Tensor
  return nn.crossEntropy(linear(w, "fc", stage("c2", stage("c1", x)).flatten(1)), y)
}

const HEADS = 4
const LAYERS = 2

function layerNorm(w: Tensors, name: string, x: Tensor): Tensor {
  const centred = x.sub(x.mean(-1, { keepdim: true }))
  const variance = centred.square().mean(-1, { keepdim: true })
  return centred.mul(variance.add(1e-5).rsqrt()).mul(w[`${name}.g`]).add(w[`${name}.b`])
}

function attention(w: Tensors, name: string, x: Tensor): Tensor {
  const [batch, time, features] = x.shape
  const size = features / HEADS
  const packed = linear(w, `${name}.qkv`, x).reshape([batch, time, 3, HEADS, size]).permute([2, 0, 3, 1, 4])
  const [q, k, v] = packed.unbind(0)
  const steps = arange(time)
  const visible = ge(steps.unsqueeze(1), steps)
  const scores = where(visible, matmul(q, k.mT).mul(1 / Math.sqrt(size)), Number.NEGATIVE_INFINITY)
  const mixed = matmul(softmax(scores, -1), v)
  return linear(w, `${name}.proj`, mixed.transpose(1, 2).reshape([batch, time, features]))
}

/** Tokens without the last, and what comes after each of them. */
function sequences(tokens: Tensor): [input: Tensor, next: Tensor] {
  const length = tokens.shape[1] - 1
  return [tokens.narrow(1, 0, length), tokens.narrow(1, 1, length)]
}

const transformer: Loss = (w, { t }) => {
  const [input, next] = sequences(t)
  let h = add(embedding(input, w.tok), w.pos)
  for (let i = 0; i < LAYERS; i++) {
    h = h.add(attention(w, `h${i}`, layerNorm(w, `h${i}.ln1`, h)))
    const inner = linear(w, `h${i}.fc1`, layerNorm(w, `h${i}.ln2`, h)).gelu({ approximate: "tanh" })
    h = h.add(linear(w, `h${i}.fc2`, inner))
  }
  const logits = linear(w, "head", layerNorm(w, "lnf", h))
  return nn.crossEntropy(logits.flatten(0, 1), next.flatten())
}

const lstm: Loss = (w, { t }) => {
  const [input, next] = sequences(t)
  const steps = nn.functional.linear(embedding(input, w.emb), w.wih, w.bih).unbind(1)
  const outputs: Tensor[] = []
  const [units] = w.whh.shape.slice(1)
  let hidden = zeros([t.shape[0], units])
  let cell = hidden
  for (const step of steps) {
    const [i, f, g, o] = step.add(nn.functional.linear(hidden, w.whh, w.bhh)).chunk(4, 1)
    cell = f.sigmoid().mul(cell).add(i.sigmoid().mul(g.tanh()))
    hidden = o.sigmoid().mul(cell.tanh())
    outputs.push(hidden)
  }
  const logits = linear(w, "head", stack(outputs, 1))
  return nn.crossEntropy(logits.flatten(0, 1), next.flatten())
}

export const losses: Readonly<Record<string, Loss>> = { playground, mlp, cnn, transformer, lstm }
