import { fileURLToPath } from "node:url"
import { svelte } from "@sveltejs/vite-plugin-svelte"
import { defineConfig } from "vite"
import { VitePWA } from "vite-plugin-pwa"
import { nablaSignatures } from "./vite/signatures.ts"

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

/** What a script in the Lab can import: see src/code/modules.ts. */
const scripted = ["nn", "optim", "schedules", "data", "surfaces", "diagnostics", "train"]
const entries = Object.fromEntries(scripted.map((name) => [`nabla/${name}`, source(`${name}/index.ts`)]))

/** What a page must send for its workers to share memory. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
}

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Any static host, in any folder.
  base: "./",
  plugins: [
    svelte(),
    nablaSignatures({ nabla: source("index.ts"), ...entries }),
    VitePWA({
      registerType: "autoUpdate",
      includeAssets: ["icon.svg"],
      workbox: { globPatterns: ["**/*.{js,css,html,svg,woff2}"], maximumFileSizeToCacheInBytes: 8 * 2 ** 20 },
      manifest: {
        name: "nabla Lab",
        short_name: "nabla Lab",
        description: "Deep-learning optimization, experiment by experiment",
        display: "standalone",
        background_color: "#fbfaf7",
        theme_color: "#fbfaf7",
        start_url: "./",
        icons: [{ src: "icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" }],
      },
    }),
  ],
  resolve: {
    alias: [
      { find: /^nabla$/, replacement: source("index.ts") },
      { find: /^nabla\/(\w+)$/, replacement: source("$1/index.ts") },
    ],
  },
  // Layers are shown by the names of their classes.
  worker: { format: "es", rolldownOptions: { output: { keepNames: true } } },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, chunkSizeWarningLimit: 2000 },
  server: { headers: isolation },
  preview: { headers: isolation },
})
