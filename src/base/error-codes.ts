/** Every error code with the advice that stands where an error gives none of its own. */
export const errorPages = {
  NABLA_SHAPE_MISMATCH: "check the shapes of the arguments; broadcasting aligns them from the last dimension",
  NABLA_INVALID_ARGUMENT: "see the documentation of the function for the values that it takes",
  NABLA_INVALID_DTYPE: "convert the tensor with .to(dtype) first",
  NABLA_INVALID_DIM: "dimensions run from -rank to rank - 1",
  NABLA_INVALID_SHAPE:
    "a shape is a list of whole numbers ≥ 0, of which one may be -1 where it can be inferred",
  NABLA_INDEX_OUT_OF_RANGE: "indices run from -size to size - 1",
  NABLA_NOT_DIFFERENTIABLE: "detach() the tensor, or give the function a derivative with customFunction",
  NABLA_NO_GRADIENT: "set requiresGrad on the tensors that are to be differentiated before they are used",
  NABLA_METHOD_NOT_LOADED: 'import "nabla", which brings every method, or call the function of that name',
  NABLA_IN_PLACE: "use the form without the trailing underscore, or work inside noGrad",
  NABLA_STALE_VALUE: "read the tensor with item() or data() before the optimizer's next step",
  NABLA_PLACEHOLDER_VALUE:
    "inside vmap a tensor has no value of its own; use where() instead of a branch on it",
  NABLA_CAPTURE: "compute in the function, read its results outside; pass what changes as tensors",
  NABLA_SYNC_READ: "this device reads asynchronously; use await t.data() or await t.item()",
  NABLA_OUT_OF_MEMORY: "use a smaller batch or model, or free tensors that are kept between steps",
  NABLA_DEVICE_UNAVAILABLE: "see deviceInfo() for the devices of this machine",
  NABLA_DEVICE_FAILED: "report it with the message above",
  NABLA_NON_FINITE: "lower the learning rate, check the data for NaN, or clip the gradients",
  NABLA_STATE_DICT: "the keys and shapes must equal those of model.stateDict()",
  NABLA_UNKNOWN_COMMAND: "see `nabla --help` for the commands",
  NABLA_UNKNOWN_OPTION: "see --help for the options",
  NABLA_INVALID_OPTION: "see --help for the values that the option takes",
  NABLA_UNKNOWN_RECIPE: "see `nabla train --help` for the recipes",
  NABLA_FILE_NOT_FOUND: "check the path",
  NABLA_FILE_UNREADABLE: "check the permissions of the file",
  NABLA_FILE_FORMAT: "check that the file is complete and of the format named",
  NABLA_FILE_WRITE: "check that the folder exists, can be written to and has room",
  NABLA_DATA_MISMATCH: "images and labels must belong together",
  NABLA_LABEL_RANGE: "labels run from 0 to classes - 1",
  NABLA_EMPTY_DATA: "give at least one sample",
  NABLA_INTERRUPTED: "the run folder holds what was finished",
  NABLA_INTERNAL: "this is a fault in nabla: please report it with the message above",
} as const

export type ErrorCode = keyof typeof errorPages
