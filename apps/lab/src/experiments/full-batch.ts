import type { optim, Tensor } from "nabla"
import { compile, stack } from "nabla"

/**
 * Training on all data: some steps in each run of one captured program, since small nets spend more time between steps
 * than in them. Each call gives the losses before its steps.
 */
export function fullBatch(
  optimizer: optim.Optimizer,
  loss: () => Tensor,
  together: number,
): () => readonly number[] {
  const program = compile(() => {
    const losses = Array.from({ length: together }, () => {
      const value = loss()
      optimizer.zeroGrad()
      value.backward()
      optimizer.step()
      return value
    })
    return stack(losses)
  })
  return () => Array.from(program().dataSync() as Float64Array)
}
