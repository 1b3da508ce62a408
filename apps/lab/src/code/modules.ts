/** The modules that a script can import, loaded when one does. */
export const modules: Readonly<Record<string, () => Promise<object>>> = {
  nabla: () => import("nabla"),
  "nabla/tensor": () => import("nabla/tensor"),
  "nabla/nn": () => import("nabla/nn"),
  "nabla/optim": () => import("nabla/optim"),
  "nabla/schedules": () => import("nabla/schedules"),
  "nabla/data": () => import("nabla/data"),
  "nabla/surfaces": () => import("nabla/surfaces"),
  "nabla/diagnostics": () => import("nabla/diagnostics"),
  "nabla/train": () => import("nabla/train"),
}
