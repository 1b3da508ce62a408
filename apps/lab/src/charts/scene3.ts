import type { OGLRenderingContext } from "ogl"
import { Camera, Geometry, Mesh, Polyline, Program, Renderer, Transform, Vec3 } from "ogl"
import type { Grid } from "./grid.ts"
import { centre, extent } from "./grid.ts"
import { resolveColour } from "./scheme.svelte.ts"
import type { Series } from "./series.ts"
import { seriesColour } from "./series.ts"

export interface Scene3 {
  draw(grid: Grid, paths: readonly Series[], angle: number): void
  end(): void
}

const vertex = /* glsl */ `
  attribute vec3 position;
  attribute float height;
  uniform mat4 modelViewMatrix;
  uniform mat4 projectionMatrix;
  varying float level;
  void main() {
    level = height;
    gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  }
`

const fragment = /* glsl */ `
  precision highp float;
  uniform vec3 low;
  uniform vec3 high;
  varying float level;
  void main() {
    // Contours stand out, since a smooth slope has no edges to see.
    float line = smoothstep(0.0, 0.08, abs(fract(level * 12.0) - 0.5));
    gl_FragColor = vec4(mix(low, high, level) * mix(0.8, 1.0, line), 1.0);
  }
`

/** Colours as shaders take them. */
const shade = (colour: string): [number, number, number] => {
  const [red, green, blue] = resolveColour(colour)
  return [red / 255, green / 255, blue / 255]
}

/** A scene in a canvas; null where there is no WebGL. */
export function makeScene(canvas: HTMLCanvasElement): Scene3 | null {
  let renderer: Renderer
  try {
    renderer = new Renderer({ canvas, alpha: true, antialias: true, dpr: Math.min(2, devicePixelRatio) })
  } catch {
    return null
  }
  const { gl } = renderer
  if (!gl) return null
  let last: Parameters<Scene3["draw"]> | null = null
  const draw: Scene3["draw"] = (...what) => {
    last = what
    paint(renderer, gl, canvas, ...what)
  }
  const observer = new ResizeObserver(() => last !== null && draw(...last))
  observer.observe(canvas)
  return {
    draw,
    end: () => {
      observer.disconnect()
      gl.getExtension("WEBGL_lose_context")?.loseContext()
    },
  }
}

function paint(
  renderer: Renderer,
  gl: OGLRenderingContext,
  canvas: HTMLCanvasElement,
  grid: Grid,
  paths: readonly Series[],
  angle: number,
): void {
  const { clientWidth: width, clientHeight: height } = canvas
  if (width === 0) return
  // The renderer writes the size into the style, where only the style sheet shall set it.
  renderer.setSize(width, height)
  canvas.removeAttribute("style")
  const camera = new Camera(gl, { fov: 35, aspect: width / height })
  camera.position.set(4.2 * Math.sin(angle), 2.6, 4.2 * Math.cos(angle))
  camera.lookAt([0, 0, 0])
  const scene = new Transform()
  const place = placer(grid)
  surfaceMesh(gl, grid, place).setParent(scene)
  for (const [i, { points, colour }] of paths.entries()) {
    const inside = points.filter(
      ([x, y]) => x >= grid.x[0] && x <= grid.x[1] && y >= grid.y[0] && y <= grid.y[1],
    )
    if (inside.length < 2) continue
    const line = new Polyline(gl, {
      points: inside.map(([x, y]) => new Vec3(...place(x, y, 0.02))),
      uniforms: { uColor: { value: shade(seriesColour(colour ?? i)) }, uThickness: { value: 4 } },
    })
    line.resize()
    line.mesh.setParent(scene)
  }
  renderer.render({ scene, camera })
}

type Place = (x: number, y: number, above?: number) => [number, number, number]

/** From the grid's coordinates into a box around the origin. */
function placer(grid: Grid): Place {
  const [least, largest] = extent(grid.values)
  const share = (value: number, [from, to]: readonly [number, number]): number => (value - from) / (to - from)
  return (x, y, above = 0) => {
    const column = Math.min(grid.columns - 1, Math.max(0, Math.floor(share(x, grid.x) * grid.columns)))
    const row = Math.min(grid.rows - 1, Math.max(0, Math.floor(share(y, grid.y) * grid.rows)))
    const value = grid.values[row * grid.columns + column]!
    const up = share(value, [least, largest === least ? least + 1 : largest])
    return [2 * share(x, grid.x) - 1, 1.2 * up - 0.6 + above, 1 - 2 * share(y, grid.y)]
  }
}

function surfaceMesh(gl: OGLRenderingContext, grid: Grid, place: Place): Mesh {
  const { columns, rows } = grid
  const position = new Float32Array(3 * columns * rows)
  const height = new Float32Array(columns * rows)
  for (let i = 0; i < columns * rows; i++) {
    const at = place(...centre(grid, i))
    position.set(at, 3 * i)
    height[i] = (at[1] + 0.6) / 1.2
  }
  const index: number[] = []
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column
      index.push(at, at + 1, at + columns, at + 1, at + columns + 1, at + columns)
    }
  }
  const geometry = new Geometry(gl, {
    position: { size: 3, data: position },
    height: { size: 1, data: height },
    index: { data: new Uint16Array(index) },
  })
  const uniforms = { low: { value: shade("var(--sunken)") }, high: { value: shade("var(--plus)") } }
  return new Mesh(gl, {
    geometry,
    program: new Program(gl, { vertex, fragment, uniforms, cullFace: false }),
  })
}
