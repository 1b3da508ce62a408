import { mount } from "svelte"
import "./design/tokens.css"
import "./design/base.css"
import App from "./app/App.svelte"
// Before any page, so that no link that is shared carries it.
import "./runs/token.ts"

mount(App, { target: document.getElementById("app")! })
