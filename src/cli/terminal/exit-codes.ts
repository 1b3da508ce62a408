/** What the process ends with. */
export const exitCodes = {
  ok: 0,
  /** The training, the data or the disk made it fail. */
  failure: 1,
  /** The command line was not understood; nothing was done. */
  usage: 2,
  /** Ctrl-C (128 + SIGINT). */
  interrupted: 130,
  /** SIGTERM (128 + SIGTERM). */
  terminated: 143,
} as const
