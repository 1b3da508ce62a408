/** Side of a digit after pooling, and of the picture that it stands in, with room to move. */
export const SIDE = 14
export const ROOM = 3
export const CANVAS = SIDE + 2 * ROOM
