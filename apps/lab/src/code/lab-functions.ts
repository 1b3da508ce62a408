/** What a script can call without importing it: see Output. */
export const labFunctions = [
  {
    name: "record",
    signature: "record(name, value)",
    doc: "Adds a number to a curve; also record({ loss, accuracy }).",
  },
  { name: "print", signature: "print(...values)", doc: "Writes a line." },
  {
    name: "histogram",
    signature: "histogram(name, tensor)",
    doc: "Draws how its numbers are distributed, each time anew.",
  },
  {
    name: "drawGraph",
    signature: "drawGraph(tensor, level?)",
    doc: "Draws the graph that made it: user, primitive or kernel.",
  },
  {
    name: "observe",
    signature: "observe(observation)",
    doc: "Draws what an instrument saw: observe(await probe.after()).",
  },
] as const
